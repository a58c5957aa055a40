export { AnsweringServer, json } from './answering-server.ts';
export { Child, type Exit, type Outcome } from './child.ts';
export { failureOf } from './failure-of.ts';
export { type ProgramStart, RecordingProgram } from './recording-program.ts';
export { reservePort } from './reserve-port.ts';
export { RestartingProcess } from './restarting-process.ts';
export { type Answer, at, send, textAt } from './send.ts';
export { type TlsFront, tlsFront } from './tls-front.ts';
export { type WaitOptions, waitFor, waitToPass } from './wait-for.ts';

export { type ProgramStart, RecordingProgram } from './recording-program.ts';
export { reservePort } from './reserve-port.ts';
export { type WaitOptions, waitFor, waitToPass } from './wait-for.ts';

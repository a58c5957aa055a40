export { type ProgramStart, RecordingProgram } from './recording-program.ts';

export { FakeClock } from './fake-clock.ts';
export { type LogLine, type MemoryLog, memoryLog } from './memory-log.ts';
export {
  type Behaviour,
  type ModelRequest,
  type Script,
  type ScriptedModel,
  type ScriptedModelOptions,
  startScriptedModel,
} from './scripted-model/index.ts';
export { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
export {
  type TestDatabase,
  type TestDatabaseOptions,
  createTestDatabase,
} from './test-database.ts';
export { type WaitOptions, reservePort, waitFor, waitToPass } from './harness/index.ts';

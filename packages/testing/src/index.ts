export { FakeClock } from './fake-clock.ts';
export { type LogLine, type MemoryLog, memoryLog } from './memory-log.ts';
export { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
export {
  type TestDatabase,
  type TestDatabaseOptions,
  createTestDatabase,
} from './test-database.ts';
export { type WaitOptions, waitFor } from './wait-for.ts';

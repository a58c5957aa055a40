export { type WorkerApiUnderTest, testWorkerApi } from './worker-api.ts';

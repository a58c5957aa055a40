export { testGateway } from './gateway.ts';
export { type EventStream, openEvents } from './gateway/event-stream.ts';
export type { GatewayUnderTest } from './gateway/under-test.ts';
export { type CallOptions, type StrictAnswer, strictCaller } from './strict-caller.ts';
export { type WorkerApiUnderTest, testWorkerApi } from './worker-api.ts';

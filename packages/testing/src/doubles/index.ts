export { FakeGateway, alice } from './fake-gateway/fake-gateway.ts';
export { fakeNode } from './fake-node/fake-node.ts';
export { type NodeSession, postJson, register, registrationKey } from './fake-node/registration.ts';
export type { FakeNode, FakeNodeOptions } from './fake-node/types.ts';
export * from './mock-gateway.ts';
export { MockOrchestrator, testPsk, testToken, testVersion } from './mock-orchestrator.ts';

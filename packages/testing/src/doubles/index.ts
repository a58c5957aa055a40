export { FakeGateway, alice } from './fake-gateway/fake-gateway.ts';
export * from './fake-gateway/sample-bodies.ts';
export * from './fake-gateway/scripted-answers.ts';
export { fakeNode } from './fake-node/fake-node.ts';
export {
  type NodeSession,
  postJson,
  register,
  registrationKey,
  tryToRegister,
} from './fake-node/registration.ts';
export type { FakeNode, FakeNodeOptions } from './fake-node/types.ts';
export { MockOrchestrator, testPsk, testToken, testVersion } from './mock-orchestrator.ts';

import { testGateway } from '../../suites/index.ts';
import { FakeGateway } from './fake-gateway.ts';

testGateway('the fake', async () => {
  const gateway = await FakeGateway.start();
  const { clock, identity, tasks } = gateway;
  let accounts = 0;
  const taskOf = (id: string) => tasks.byId(id);
  return {
    url: gateway.url,
    addAccount: async () => {
      accounts += 1;
      const { handle, password } = identity.addUser(`user-${accounts}`, `password ${accounts}`);
      return { handle, password };
    },
    grant: async ({ handle }, role) => void identity.userOf(handle).roles.push(role),
    startJob: async (id) => void taskOf(id).start(),
    endJob: async (id, { exitCode, ...streams }) =>
      void taskOf(id).end({ ...streams, exit_code: exitCode }),
    advance: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
});

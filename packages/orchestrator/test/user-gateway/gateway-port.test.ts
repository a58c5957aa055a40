import { hashPassword } from '@cynodeai/runtime/crypto';
import { testGateway } from '@cynodeai/testing/suites';
import { password } from './support/admin.ts';
import { startTestGateway } from './support/gateway.ts';
import { endJob, startJob } from './support/jobs.ts';
import { addUser, bindRole, setPassword } from './support/users.ts';

testGateway('the real thing', async () => {
  // The clock of these tests runs ahead of the files' times: a sweep would take a file that is being written for a left one.
  const gateway = await startTestGateway({ sweepEveryMs: 24 * 3_600_000 });
  const hash = await hashPassword(password);
  const jobs = new Map<string, string>();
  let accounts = 0;
  return {
    url: gateway.url,
    addAccount: async () => {
      accounts += 1;
      const { id, handle } = await addUser(gateway, `user-${accounts}`);
      await setPassword(gateway, id, { hash });
      return { handle, password };
    },
    grant: async ({ id }, role) => void (await bindRole(gateway, { type: 'user', id }, role)),
    startJob: async (taskId) => void jobs.set(taskId, await startJob(gateway, taskId)),
    endJob: async (taskId, end) =>
      void (await endJob(gateway, taskId, jobs.get(taskId) ?? '', end)),
    advance: (ms) => gateway.clock.advance(ms),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
});

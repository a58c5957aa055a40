import { once } from 'node:events';
import { testWorkerApi } from '../../suites/index.ts';
import { fakeNode } from './fake-node.ts';

testWorkerApi('the fake node', async () => {
  const node = await fakeNode({
    slug: 'fake',
    onRun: async ({ sandbox }, stopped, say) => {
      if (sandbox.command[0] === 'quick') return {};
      if (sandbox.command[0] === 'talking') say('said\n');
      if (!stopped.aborted) await once(stopped, 'abort');
      return { status: 'failed', exit_code: 143 };
    },
  });
  node.token = 'worker-token-of-the-fake-node';
  return {
    url: node.url,
    token: node.token,
    quick: ['quick'],
    endless: ['endless'],
    talking: ['talking'],
    [Symbol.asyncDispose]: () => node.close(),
  };
});

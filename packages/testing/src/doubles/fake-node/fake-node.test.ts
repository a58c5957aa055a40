import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { packFiles } from '@cynodeai/runtime/archive';
import { testWorkerApi } from '../../suites/index.ts';
import { fakeNode } from './fake-node.ts';

const left = {
  name: 'left',
  content_type: 'application/octet-stream',
  size_bytes: 4,
  ref: `sha256:${createHash('sha256').update('text').digest('hex')}`,
};
async function* text(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('text');
}

testWorkerApi('the fake node', async () => {
  const node = await fakeNode({
    slug: 'fake',
    onArtifacts: () =>
      packFiles([{ name: 'left', sizeBytes: 4, executable: false, chunks: text() }]),
    onRun: async ({ sandbox }, stopped, say) => {
      if (sandbox.command[0] === 'quick') return {};
      if (sandbox.command[0] === 'leaving') return { artifacts: [left] };
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
    leaving: ['leaving'],
    talking: ['talking'],
    [Symbol.asyncDispose]: () => node.close(),
  };
});

import { temporaryDirectory } from '@cynodeai/testing';
import { testToken } from '@cynodeai/testing/doubles';
import { testWorkerApi } from '@cynodeai/testing/suites';
import { TestNode } from './support/test-node.ts';

testWorkerApi('the real node', async () => {
  const node = await TestNode.create();
  const folder = await temporaryDirectory();
  node.host.workspace.root = folder.path;
  await node.start();
  return {
    url: node.url,
    token: testToken,
    quick: ['exit', '0'],
    endless: ['hold'],
    leaving: ['leave', 'left', 'text'],
    talking: ['hold', 'said'],
    [Symbol.asyncDispose]: async () => {
      await node[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
});

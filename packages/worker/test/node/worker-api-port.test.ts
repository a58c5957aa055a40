import { testToken } from '@cynodeai/testing/doubles';
import { testWorkerApi } from '@cynodeai/testing/suites';
import { TestNode } from './support/test-node.ts';

testWorkerApi('the real node', async () => {
  const node = await TestNode.create();
  await node.start();
  return {
    url: node.url,
    token: testToken,
    quick: ['exit', '0'],
    endless: ['hold'],
    talking: ['hold', 'said'],
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  };
});

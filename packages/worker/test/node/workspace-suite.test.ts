import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import { testWorkspaceStore } from '../suites/workspace-store.ts';
import { FakeWorkspace } from './support/fake-host.ts';

const removeTree = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

testWorkspaceStore('on disk', async () => {
  const mountRoot = await mkdtemp(join(tmpdir(), 'cynode-store-'));
  return {
    store: createFileWorkspace({ mountRoot, nodeSlug: 'n1', removeTree }),
    close: () => removeTree(mountRoot),
  };
});

testWorkspaceStore('the fake', async () => ({
  store: new FakeWorkspace(),
  close: async () => {},
}));

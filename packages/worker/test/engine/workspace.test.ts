import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '@cynodeai/runtime/std';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import { jobRequest } from '../support/job-request.ts';
import { untilClean } from '../support/leftovers.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-w');
  });

  afterAll(() => test.close());

  describe('job directories', () => {
    it('go whatever a job made of them: locked, deep beyond a path, linked to the outside', async () => {
      const outside = await mkdtemp(join(tmpdir(), 'cynode-outside-'));
      await writeFile(join(outside, 'kept'), 'x');
      const script = [
        'mkdir -m 0 locked; mkdir ro; touch ro/f; chmod 500 ro',
        `ln -s ${outside} out; ln -s / root; ln -s loop loop`,
        'a=a b=b; for i in 1 2 3 4 5 6 7 8 9; do a=$a/$(printf %0250d $i) b=$b/$(printf %0250d $i); done',
        'mkdir -p $a $b && mv b $a/b && test ! -e b',
      ].join('\n');
      const request = jobRequest(script);
      expect(await node.jobs.run(request)).toMatchObject({ status: 'completed', stderr: '' });
      await untilClean(test);
      expect(await readdir(outside)).toStrictEqual(['kept']);
      await rm(outside, { recursive: true });
    });

    it.each([
      [[{ path: 'a' }, { path: 'a/b' }]],
      [[{ path: 'a/b' }, { path: 'a' }]],
      [[{ path: 'x'.repeat(300) }]],
    ])(
      'refuse input files that cannot exist beside each other, and nothing runs',
      async (files) => {
        const input = files.map((file) => ({ ...file, content_base64: '' }));
        const request = jobRequest('true', { input_files: input });
        await expect(node.jobs.run(request)).rejects.toMatchObject({ code: 'validation' });
        expect(await readdir(node.mountRoot)).toStrictEqual([]);
      },
    );

    it('of an earlier run of the node are swept; those of others and strange files stay', async () => {
      const mountRoot = await mkdtemp(join(tmpdir(), 'cynode-sweep-'));
      const make = (nodeSlug: string) =>
        createFileWorkspace({
          mountRoot,
          nodeSlug,
          removeTree: (path) => test.engine.removeTree(path),
        });
      const [own, foreign, half] = [uuidv7(), uuidv7(), uuidv7()];
      await make('mine').create(own, []);
      await make('mine-too').create(foreign, []);
      await mkdir(join(mountRoot, `.new-mine-${half}`));
      await writeFile(join(mountRoot, 'notes.txt'), '');
      await symlink('/', join(mountRoot, uuidv7()));
      expect((await make('mine').removeStrays()).toSorted()).toStrictEqual([own, half].toSorted());
      const left = await readdir(mountRoot);
      expect(left).toContain(foreign);
      expect(left).toContain('notes.txt');
      expect(left).toHaveLength(3);
      await rm(mountRoot, { recursive: true });
    });

    it('are refused for an id whose directory exists', async () => {
      const request = jobRequest('true');
      await mkdir(join(node.mountRoot, request.job_id));
      await expect(node.jobs.run(request)).rejects.toMatchObject({ code: 'job_conflict' });
      expect(await readdir(node.mountRoot)).toStrictEqual([request.job_id]);
      await rm(join(node.mountRoot, request.job_id), { recursive: true });
    });

    it('need a mount root that can be made and written', async () => {
      const removeTree = (path: string) => test.engine.removeTree(path);
      const file = join(test.stateDir, 'file');
      await writeFile(file, '');
      const mountRoot = join(file, 'mounts');
      const blocked = createFileWorkspace({ mountRoot, nodeSlug: 'n', removeTree });
      await expect(blocked.check()).rejects.toMatchObject({ code: 'workspace_unusable' });
      await expect(blocked.create(uuidv7(), [])).rejects.toMatchObject({
        code: 'workspace_unusable',
      });
      const colon = createFileWorkspace({ mountRoot: '/tmp/a:b', nodeSlug: 'n', removeTree });
      await expect(colon.check()).rejects.toMatchObject({ code: 'workspace_unusable' });
    });
  });
});

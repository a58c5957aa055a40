import { describe, expect, it } from 'vitest';
import { idOf, request, stage, times } from '../../../test/support/job-stage.ts';
import { WorkerError } from '../../domain/errors.ts';
import type { SandboxEngine, SandboxExit } from '../../ports/sandbox-engine.ts';

const variant = 'localhost/cynode/web:latest';

describe('the image of a job', () => {
  it('tells what kind of failure it was, so that another node can be asked', async () => {
    const says = async (image: string): Promise<string> => {
      const { jobs } = stage({
        ensureImage: async () => {
          throw new WorkerError('image_unavailable', 'no such image');
        },
      });
      const { error_type, exit_code, stderr } = await jobs.run(request(0, { image }));
      expect([error_type, exit_code]).toEqual(['image_unavailable', 125]);
      return stderr;
    };
    expect(await says('debian:12')).toBe('cynode: no such image\n');
    for (const image of ['web', 'localhost/cynode/web:latest']) {
      expect(await says(image)).toContain('cynode image build --with PACKAGE,… --name web');
    }
  });

  it('takes a variant that was made on the node for its short name, where policy allows it', async () => {
    const chosen = async (allowedImages?: string[], image = 'web', has = [variant]) => {
      const scene = stage({ variants: has, ...(allowedImages && { limits: { allowedImages } }) });
      await scene.jobs.run(request(0, { image }));
      return scene.specs[0]?.image;
    };
    const registry = 'docker.io/library/web:latest';
    expect(await chosen()).toBe(variant);
    expect(await chosen([variant])).toBe(variant);
    expect(await chosen(undefined, 'web', [])).toBe(registry);
    expect(await chosen(['web'])).toBe(registry);
    expect(await chosen(undefined, 'web:latest')).toBe(registry);
    await expect(chosen(['debian:12'])).rejects.toMatchObject({ code: 'node_policy_refused' });
  });

  const gone: SandboxExit = {
    kind: 'not_started',
    exitCode: 125,
    reason: 'gone',
    errorType: 'image_unavailable',
    ...times,
  };

  /** A node whose image is removed behind its back while it is still thought to be there, so many times. */
  function removedMeanwhile(removals: number, ensureImage?: SandboxEngine['ensureImage']) {
    const ran: string[] = [];
    const scene = stage({
      variants: [variant],
      ...(ensureImage && { ensureImage }),
      run: async ({ image }, sinks) => {
        ran.push(image);
        if (ran.length <= removals) {
          sinks.stderr.write(Buffer.from('Error: no such image'));
          scene.engine.variants.delete(variant);
          return gone;
        }
        return { kind: 'exited', exitCode: 0, ...times };
      },
    });
    return { ...scene, ran };
  }

  it('is looked for once more where it was removed since it was known, and no job is lost', async () => {
    const { jobs, ran, lines } = removedMeanwhile(1);
    expect(await jobs.run(request(0, { image: 'web' }))).toMatchObject({
      status: 'completed',
      stderr: '',
    });
    expect(ran).toEqual([variant, 'docker.io/library/web:latest']);
    expect(lines).toEqual(['the image of a job was removed meanwhile']);
  });

  it.each([
    ['is there no more', 1, 'cynode image build --with PACKAGE,… --name web'],
    ['vanishes each time', 9, 'cynode: gone\n'],
  ])('that %s is refused so that another node is asked', async (_what, removals, words) => {
    const none: SandboxEngine['ensureImage'] = async () => {
      throw new WorkerError('image_unavailable', 'no such image');
    };
    const { jobs, ran } = removedMeanwhile(removals, removals === 1 ? none : undefined);
    const result = await jobs.run(request(0, { image: 'web' }));
    expect(result).toMatchObject({ exit_code: 125, error_type: 'image_unavailable', stdout: '' });
    expect(result.stderr).toContain(words);
    expect(ran.length).toBeLessThanOrEqual(2);
  });

  it('is not waited for any longer where the job is stopped meanwhile', async () => {
    const { jobs, ran } = removedMeanwhile(1, async (_ref, signal) => {
      jobs.stop(idOf(0), 0);
      signal?.throwIfAborted();
    });
    expect(await jobs.run(request(0, { image: 'web' }))).toMatchObject({
      exit_code: 143,
      stderr: 'cynode: the job was canceled\n',
    });
    expect(ran).toEqual([variant]);
  });
});

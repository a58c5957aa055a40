import { describe, expect, it } from 'vitest';
import { request, stage } from '../../../test/support/job-stage.ts';
import { WorkerError } from '../../domain/errors.ts';

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
    const variant = 'localhost/cynode/web:latest';
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
});

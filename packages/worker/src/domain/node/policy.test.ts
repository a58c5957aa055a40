import type { NodeConfigurationPayload } from '@cynodeai/contracts/control-plane';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeSettings } from '../../../test/support/node-settings.ts';
import { mergePolicy } from './policy.ts';

const config = (more: Partial<NodeConfigurationPayload> = {}): NodeConfigurationPayload => ({
  version: 1,
  config_version: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
  issued_at: '2026-01-01T00:00:00Z',
  node_slug: 'a',
  orchestrator: {
    base_url: 'http://o:1',
    endpoints: { worker_api_target_url: 'http://n:1', node_report_url: 'http://o:1/r' },
  },
  worker_api: { orchestrator_bearer_token: 'x'.repeat(43) },
  ...more,
});

const listed = (images: readonly string[] | undefined) =>
  images === undefined ? {} : { policy: { sandbox: { allowed_images: [...images] } } };

describe('the merged policy', () => {
  it('restricts nothing that neither side restricts', () => {
    expect(mergePolicy(nodeSettings(), config())).toEqual({
      sandboxEnabled: true,
      maxConcurrency: 4,
      defaultTimeoutSeconds: 3600,
      maxTimeoutSeconds: 10_800,
      requireDigest: false,
      networkPolicy: 'restricted',
      maxRequestBytes: 10_485_760,
    });
  });

  it.each([
    [undefined, ['b', 'a'], ['docker.io/library/a:latest', 'docker.io/library/b:latest']],
    [['a', 'c'], undefined, ['docker.io/library/a:latest', 'docker.io/library/c:latest']],
    [['a', 'c'], ['docker.io/library/a:latest'], ['docker.io/library/a:latest']],
    [['a'], ['b'], []],
    [[], undefined, []],
    [['not a reference!'], undefined, []],
  ])('intersects %j with %j (REQ-WORKER-0121)', (local, ordered, expected) => {
    const mine = nodeSettings(local === undefined ? {} : { allowedImages: local });
    expect(mergePolicy(mine, config(listed(ordered))).allowedImages).toEqual(expected);
  });

  it('never allows an image that one side does not (REQ-WORKER-0120)', () => {
    const images = fc.option(fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd')), {
      nil: undefined,
    });
    fc.assert(
      fc.property(images, images, (local, ordered) => {
        const mine = nodeSettings(local === undefined ? {} : { allowedImages: local });
        const { allowedImages } = mergePolicy(mine, config(listed(ordered)));
        for (const image of ['a', 'b', 'c', 'd']) {
          const allowed = allowedImages?.includes(`docker.io/library/${image}:latest`) ?? true;
          const both = (local?.includes(image) ?? true) && (ordered?.includes(image) ?? true);
          expect(allowed).toBe(both);
        }
      }),
    );
  });

  it('takes the smaller cap and the stricter switch', () => {
    const mine = nodeSettings(
      { mode: 'disabled', defaultImage: 'a', defaultTimeoutSeconds: 50, maxTimeoutSeconds: 100 },
      { maxRequestBytes: 900 },
    );
    const theirs = config({
      require_digest_pinning: true,
      constraints: { max_request_bytes: 800, max_job_timeout_seconds: 40 },
    });
    expect(mergePolicy(mine, theirs)).toMatchObject({
      sandboxEnabled: false,
      defaultImage: 'a',
      defaultTimeoutSeconds: 40,
      maxTimeoutSeconds: 40,
      maxRequestBytes: 800,
      requireDigest: true,
    });
    expect(mergePolicy(mine, config()).maxRequestBytes).toBe(900);
  });

  it.each([
    [undefined, undefined, 'restricted'],
    ['restricted', 'restricted', 'restricted'],
    ['restricted', 'none', 'none'],
    ['allowlist', undefined, 'none'],
    [undefined, 'allowlist', 'none'],
  ] as const)('makes of the networks %s and %s: %s', (local, ordered, expected) => {
    const mine = nodeSettings(local === undefined ? {} : { defaultNetworkPolicy: local });
    const theirs =
      ordered === undefined ? {} : { policy: { sandbox: { default_network_policy: ordered } } };
    expect(mergePolicy(mine, config(theirs)).networkPolicy).toBe(expected);
  });
});

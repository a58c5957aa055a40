import { expect, it } from 'vitest';
import { checkCeiling, checkPublishing, checkWay, describeProbe } from './engine-check.ts';

it('puts the plain facts of a probe into one line', () => {
  const text = JSON.stringify({ facts: { runtime: 'podman', rootless: false, features: ['x'] } });
  expect(describeProbe(text)).toBe('runtime podman, rootless false');
  expect(describeProbe('not json')).toBe('usable');
});

it('says what all sandboxes together may take, or plainly that nothing bounds them', () => {
  const facts = (ceiling: object) => JSON.stringify({ facts: { ceiling } });
  const set = { kind: 'set', memoryMb: 800, processes: 500, processesPerJob: 100 };
  expect(checkCeiling(facts(set))).toStrictEqual([
    {
      name: 'sandbox ceiling',
      result: 'ok',
      detail: '800 MiB and 500 processes for all sandboxes together',
    },
  ]);
  expect(checkCeiling(facts({ kind: 'none', reason: 'no root' }))).toMatchObject([
    { result: 'warn', detail: 'none: no root' },
  ]);
  expect(checkCeiling('not json')).toStrictEqual([]);
});

it('says why no sandbox can be given a way to a model, and what to do', () => {
  const facts = { runtime: 'podman', wayObstacle: 'no namespace to join' };
  const text = JSON.stringify({ facts });
  expect(checkWay(text)).toMatchObject([
    { result: 'warn', detail: 'jobs with use_inference are refused: no namespace to join' },
  ]);
  expect(describeProbe(text)).toBe('runtime podman');
  expect(checkWay(JSON.stringify({ facts: {} }))).toMatchObject([{ result: 'ok' }]);
  expect(checkWay('not json')).toStrictEqual([]);
});

it('says what an inference container would need, and only where something is missing', () => {
  const publishObstacle = 'Podman publishes ports by netavark and nft; install nftables';
  expect(checkPublishing(JSON.stringify({ facts: {}, publishObstacle }))).toStrictEqual([
    {
      name: 'inference container',
      result: 'warn',
      detail:
        'cannot be run, which only --inference ollama needs: Podman publishes ports by netavark and nft',
      fix: 'install nftables',
    },
  ]);
  expect(checkPublishing(JSON.stringify({ facts: {} }))).toStrictEqual([]);
});

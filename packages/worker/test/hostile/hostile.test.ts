import process from 'node:process';
import { readEnv } from '@cynodeai/runtime/config';
import { describe, expect, it } from 'vitest';
import { BesiegedNode } from './besieged-node.ts';
import { hostilePrograms } from './programs.ts';
import { besiege } from './siege.ts';

/** `npm run hostile` runs every program on every engine and holds the times against their promise. */
const whole = readEnv()['HOSTILE'] === 'all';
const programs = hostilePrograms.filter(({ short }) => whole || short === true);
const seconds = whole ? 4 : 1;

it('there are programs of every kind, each under a name of its own', () => {
  expect(new Set(hostilePrograms.map(({ name }) => name)).size).toBe(hostilePrograms.length);
  expect(hostilePrograms.length).toBeGreaterThanOrEqual(40);
});

const kinds = ['podman', 'rootless', 'docker'] as const;

describe.each(kinds)('hostile jobs on %s', (kind) => {
  it(
    'stay inside, take nothing from ordinary jobs beside them, and leave nothing',
    async () => {
      if (process.getuid?.() !== 0 && kind !== 'rootless') return;
      await using node = await BesiegedNode.start(kind);
      const report = await besiege(node, programs, seconds);
      // What a reader of the run wants to know.
      if (whole) process.stdout.write(`${kind} ${JSON.stringify(report)}\n`);
      expect(report).toMatchObject({
        escaped: [],
        ordinary: { failed: [] },
        health: { failed: [] },
        left: [],
      });
      expect(node.running).toBe(true);
      // Where nothing bounds all sandboxes together, nobody can promise a time.
      if (!whole || kind === 'rootless') return;
      expect(report.ordinary.worstMs).toBeLessThanOrEqual(5 * report.ordinary.quietMedianMs);
      expect(report.health.worstMs).toBeLessThanOrEqual(250);
    },
    20 * 60_000,
  );
});

import { parseJson, parseJsonOr } from '@cynodeai/runtime/std';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Env } from '@cynodeai/runtime/config';
import { z } from 'zod';
import { runEngine } from '../image/engine-command.ts';
import { demandedEngine, unchosenEngine } from '../install/engine-choice.ts';
import { findInstall } from '../install/install.ts';
import { checkoutDir, pathsOf } from '../install/paths.ts';
import { findProgram } from '../machine/find-program.ts';
import { type Check, fail, ok, warn } from './check.ts';

const probeSchema = z.object({
  facts: z.record(z.string(), z.unknown()),
});

const ceilingSchema = z.object({
  facts: z.object({
    ceiling: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('set'), memoryMb: z.number(), processes: z.number() }),
      z.object({ kind: z.literal('none'), reason: z.string() }),
    ]),
  }),
});

/**
 * What all sandboxes together may take, by the facts of a probe.
 * See docs/reference/sandbox.md#ceiling.
 */
export function checkCeiling(text: string): Check[] {
  const parsed = ceilingSchema.safeParse(parseJsonOr(text));
  if (!parsed.success) return [];
  const { ceiling } = parsed.data.facts;
  const name = 'sandbox ceiling';
  if (ceiling.kind === 'none') return [warn(name, `none: ${ceiling.reason}`)];
  const { memoryMb, processes } = ceiling;
  return [ok(name, `${memoryMb} MiB and ${processes} processes for all sandboxes together`)];
}

const waySchema = z.object({ facts: z.object({ wayObstacle: z.string().optional() }) });

/** Whether a sandbox can be given a way to a model, by the facts of a probe. */
export function checkWay(text: string): Check[] {
  const parsed = waySchema.safeParse(parseJsonOr(text));
  if (!parsed.success) return [];
  const { wayObstacle } = parsed.data.facts;
  const name = 'models in sandboxes';
  if (wayObstacle === undefined) return [ok(name, 'a sandbox was given a way to a service')];
  const fix = 'install perl and util-linux; see that the engine may join a network namespace';
  return [warn(name, `jobs with use_inference are refused: ${wayObstacle}`, fix)];
}

const publishSchema = z.object({ publishObstacle: z.string() });

/** Whether the node could run a model service in a container of its own; nothing else publishes a port. */
export function checkPublishing(text: string): Check[] {
  const parsed = publishSchema.safeParse(parseJsonOr(text));
  if (!parsed.success) return [];
  const [why = '', fix = ''] = parsed.data.publishObstacle.split('; ');
  return [
    warn('inference container', `cannot be run, which only --inference ollama needs: ${why}`, fix),
  ];
}

/** The facts of a probe in one line. */
export function describeProbe(text: string): string {
  try {
    const { facts } = probeSchema.parse(parseJson(text));
    const { wayObstacle: _told, ...plain } = facts;
    return Object.entries(plain)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ');
  } catch {
    return 'usable';
  }
}

/** Whether the container engine runs a sandbox as this user, tried for real, and under which ceiling. */
export async function checkEngine(env: Env): Promise<Check[]> {
  const install = findInstall(env);
  const engine = demandedEngine(env, install?.engine ?? unchosenEngine);
  // A daemon is asked itself: it may be anywhere its socket is.
  if (engine.runtime === 'podman' && findProgram('podman') === undefined) {
    return [fail('engine', 'no container engine', 'install the packages named above')];
  }
  const trial = install === undefined ? mkdtempSync(join(tmpdir(), 'cynode-doctor-')) : undefined;
  const place = {
    checkout: install?.checkout ?? checkoutDir,
    paths: install?.paths ?? pathsOf(trial ?? ''),
    runDir: install?.runDir ?? join(trial ?? '', 'run'),
    engine,
  };
  try {
    const result = await runEngine({ install: place, env }, ['probe']);
    if (result.exitCode === 0) {
      const { stdout } = result;
      const checks = [checkCeiling, checkWay, checkPublishing].flatMap((check) => check(stdout));
      return [ok('engine', describeProbe(stdout)), ...checks];
    }
    const reason = result.stderr.trim().split('\n').at(-1) ?? '';
    return [fail('engine', reason, 'see the reason; cynode doctor names what is missing above')];
  } finally {
    if (trial !== undefined) {
      await runEngine({ install: place, env }, ['reset']);
      rmSync(trial, { recursive: true, force: true });
    }
  }
}

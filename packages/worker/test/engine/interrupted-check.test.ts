import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type UsableEngine, openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import type { EnginePaths } from '../../src/adapters/container/podman/paths.ts';
import { probeRun } from '../../src/adapters/container/podman/probe-run.ts';
import { resetEngine } from '../../src/adapters/container/podman/reset-engine.ts';
import { removeTree } from '../../src/adapters/container/shared/remove-tree.ts';
import { untilClean } from '../support/leftovers.ts';

let base: string;
let usable: UsableEngine;
let paths: EnginePaths;
const source = () => ({ stateDir: join(base, 'state'), runDir: join(base, 'run') });

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'cyi-'));
  const opened = await openEngine(source());
  if (opened.usable === undefined) throw new Error('the engine is not usable');
  ({ paths } = opened);
  ({ usable } = opened);
});

afterAll(async () => {
  await resetEngine(await openEngine(source()));
  await removeTree(base);
});

/** The engine with a runtime that is slow at one of its commands, as on a machine that is busy with something else. */
async function slowAt(word: string): Promise<UsableEngine> {
  const dir = join(base, `slow-${word}`);
  await mkdir(dir);
  const runtime = join(dir, 'runc');
  const real = usable.profile.runtime;
  const script = `#!/bin/sh\nfor word; do [ "$word" != ${word} ] || sleep 600; done\nexec ${real} "$@"\n`;
  await writeFile(runtime, script);
  await chmod(runtime, 0o755);
  const flags = usable.command.flags.map((flag) =>
    flag.startsWith('--runtime=') ? `--runtime=${runtime}` : flag,
  );
  return { profile: usable.profile, command: { ...usable.command, flags } };
}

const interrupted = (engine: UsableEngine, afterMs: number): Promise<string> =>
  probeRun({ ...engine, paths }, AbortSignal.timeout(afterMs));

const place = () => ({ kind: 'podman' as const, ...source(), command: usable.command });

it.each(['create', 'start'])(
  'a check that is interrupted while the runtime is slow to %s leaves no process and no container',
  async (word) => {
    expect(await interrupted(await slowAt(word), 1000)).not.toBe('');
    await untilClean(place());
  },
);

it('a check that is interrupted at any moment leaves nothing', async () => {
  for (let afterMs = 0; afterMs <= 300; afterMs += 15) await interrupted(usable, afterMs);
  await untilClean(place());
});

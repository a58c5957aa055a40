import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { runCommand } from '@cynodeai/runtime/process';
import { mountPoint } from '@cynodeai/runtime/std';
import { callEngine, type EngineCommand } from './client.ts';
import type { OpenedEngine } from './open-engine.ts';
import { removeControlGroup } from '../shared/control-group.ts';
import { removeTree } from '../shared/remove-tree.ts';
import { asEngineRoot } from './engine-root.ts';
import { stopKeeper } from './user-namespace.ts';

/** Removes every container of the private storage, and the networks they had. */
export async function removeAllContainers(command: EngineCommand): Promise<void> {
  await callEngine(command, ['rm', '--all', '--force', '--time=0'], { timeoutMs: 120_000 });
  await callEngine(command, ['network', 'prune', '--force']);
}

/** Mount points below a folder, the deepest first. */
export function mountsBelow(mountInfo: string, folder: string): string[] {
  return mountInfo
    .split('\n')
    .map((line) => mountPoint(line.split(' ')[4] ?? ''))
    .filter((point) => point.startsWith(`${folder}/`))
    .toSorted((left, right) => right.length - left.length);
}

async function unmountBelow(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const mountInfo = await readFile('/proc/self/mountinfo', 'utf8');
  // The kernel knows no path by way of a link.
  const real = await realpath(folder).catch(() => folder);
  for (const point of mountsBelow(mountInfo, real)) {
    await runCommand('umount', ['--lazy', '--', point]);
  }
}

/** How often, and with what pause in ms, a tree is tried again whose last commands still end. */
const lateWrites = { tries: 40, pauseMs: 250 } as const;

/**
 * Removes trees of the engine with what is mounted in them. A command of it that was ended a moment ago may still write
 * there, or mount: what is left then is tried again. @throws CommandError when something stays
 */
async function removeTrees(
  trees: readonly string[],
  asRoot?: Parameters<typeof removeTree>[1],
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      for (const tree of trees) await unmountBelow(tree);
      for (const tree of trees) await removeTree(tree, asRoot);
      return;
    } catch (error) {
      if (tries > lateWrites.tries) throw error;
      await sleep(lateWrites.pauseMs);
    }
  }
}

/** Removes the private engine completely: containers, images, files of mapped ids, volatile files. */
export async function resetEngine(engine: OpenedEngine): Promise<void> {
  const { paths, usable } = engine;
  const asRoot = usable === undefined ? undefined : asEngineRoot(usable);
  const isRootless = usable?.profile.rootless === true;
  if (usable !== undefined) await removeAllContainers(usable.command);
  await removeTrees([join(paths.root, 'storage')], asRoot);
  if (isRootless) await stopKeeper(usable.command);
  await removeTrees([paths.root, dirname(paths.run)]);
  await removeControlGroup(dirname(paths.root));
}

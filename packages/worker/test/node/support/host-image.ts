import { mustRun } from '@cynodeai/runtime/process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importImage } from '../../../src/adapters/container/podman/images.ts';
import { openEngine } from '../../../src/adapters/container/podman/open-engine.ts';
import { callEngine } from '../../../src/adapters/container/podman/client.ts';
import type { NodeInstall } from './node-process.ts';

/** An image with a shell and `sleep` of this host, so that a test needs neither registry nor build. */
export const shellImage = 'localhost/cynode/test-shell:latest';

const programs = ['/bin/sh', '/bin/sleep'];

async function librariesOf(program: string): Promise<string[]> {
  const text = await mustRun('ldd', [program]);
  return [...text.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
}

/**
 * Puts `shellImage` into the storage a node of this install will use.
 * @param more paths of further programs of this host
 */
export async function importShellImage(
  install: NodeInstall,
  more: readonly string[] = [],
): Promise<void> {
  const opened = await openEngine(install);
  if (opened.usable === undefined) throw new Error(JSON.stringify(opened.problems));
  const dir = await mkdtemp(join(tmpdir(), 'cynode-image-'));
  try {
    const all = [...programs, ...more];
    const libraries = (await Promise.all(all.map(librariesOf))).flat();
    const files = [...new Set([...all, ...libraries])].map((path) => path.slice(1));
    const archive = join(dir, 'shell.tar');
    await mustRun('tar', ['-chf', archive, '-C', '/', ...files]);
    const options = { env: ['PATH=/bin'], labels: [] };
    await importImage(opened.usable.command, archive, shellImage, options);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Names of all containers in the install's storage. */
export async function containersOf(install: NodeInstall): Promise<string[]> {
  const { usable } = await openEngine(install);
  if (usable === undefined) throw new Error('the engine cannot be used');
  const answer = await callEngine(usable.command, ['ps', '--all', '--format', '{{.Names}}']);
  return answer.stdout.split('\n').filter((name) => name !== '');
}

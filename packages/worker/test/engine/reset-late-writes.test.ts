import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, waitFor } from '@cynodeai/testing/harness';
import { expect, it } from 'vitest';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { resetEngine } from '../../src/adapters/container/podman/reset-engine.ts';
import { removeTree } from '../../src/adapters/container/shared/remove-tree.ts';

/** Writes into its folder from before the removal until three seconds after that has been there. */
const writes = `
  use Time::HiRes 'time';
  sub touch { open my $file, '>', $_[0] }
  chdir $ARGV[0] or die;
  touch 'mark'; touch $ARGV[1];
  my $until;
  until ($until && time > $until) {
    for my $name (1 .. 20) { mkdir "late$name"; touch "late$name/file" }
    $until ||= time + 3 unless -e 'mark';
  }`;

it('a reset removes all of an engine although a command of it that ends still writes there', async () => {
  const base = await mkdtemp(join(tmpdir(), 'cyr-'));
  const source = { stateDir: join(base, 'state'), runDir: join(base, 'run') };
  const engine = await openEngine(source);
  const folder = join(engine.paths.root, 'storage/overlay');
  const begun = join(base, 'begun');
  const writers = [1, 2, 3, 4].map(() => new Child('perl', ['-e', writes, folder, begun]));
  await waitFor(() => existsSync(begun));
  await resetEngine(engine);
  expect(existsSync(engine.paths.root)).toBe(false);
  await Promise.all(writers.map((writer) => writer.exit));
  expect(existsSync(engine.paths.root)).toBe(false);
  await removeTree(base);
});

import { join } from 'node:path';
import process from 'node:process';
import { mustRun } from '@cynodeai/runtime/process';

const command = join(import.meta.dirname, '../../../src/processes/engine.ts');

/** Removes a node's engine storage, whose files of mapped user ids nobody else can remove. */
export async function resetEngine(stateDir: string, runDir: string): Promise<void> {
  await mustRun(process.execPath, [command, 'reset'], {
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: stateDir,
      CYNODE_STATE_DIR: stateDir,
      CYNODE_RUN_DIR: runDir,
    },
  });
}

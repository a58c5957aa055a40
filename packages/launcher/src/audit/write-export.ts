import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { runCommand } from '@cynodeai/runtime/process';
import { at, parseJsonOr } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';
import { demandedDatabase } from '../install/database-choice.ts';
import type { Install } from '../install/install.ts';
import { openSecrets } from '../install/secrets.ts';
import { startPostgres } from '../postgres/index.ts';
import { nodeArguments } from '../programs/start-file.ts';
import { roleEnv } from '../roles/environment.ts';
import { processRoles } from '../roles/table.ts';

export interface ExportOptions {
  readonly path: string;
  readonly since: string | undefined;
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** Longest time to write one, ms. */
const exportMs = 30 * 60_000;

/** The last thing a process of ours said before it failed. */
function lastWords(stdout: string, stderr: string): string {
  const line = `${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? '';
  const said = parseJsonOr(line);
  const words = [at(said, 'msg'), at(said, 'error')].filter((word) => typeof word === 'string');
  return words.length === 0 ? line : words.join(': ');
}

async function runExport(
  install: Install,
  databaseUrl: string,
  { path, since, env, signal }: ExportOptions,
): Promise<void> {
  const role = processRoles.find(({ hosts }) => hosts.includes('control-plane'));
  if (role === undefined) throw new Error('no process hosts the control plane');
  const holdings = { databaseUrl, secrets: openSecrets(install.paths) };
  const args = [
    ...nodeArguments(install.checkout, role),
    'control-plane',
    `--audit-export=${path}`,
    ...(since === undefined ? [] : [`--audit-since=${since}`]),
  ];
  const { exitCode, stdout, stderr } = await runCommand(process.execPath, args, {
    env: roleEnv(role, install, holdings, env),
    cwd: install.paths.home,
    timeoutMs: exportMs,
    signal,
  });
  if (exitCode === 0) return;
  throw new LauncherError('stack', `the export failed: ${lastWords(stdout, stderr)}`);
}

/**
 * Writes the sealed audit logs of an install into a file, while it runs or not.
 * @throws LauncherError `usage` where nothing has ever been sealed, `stack`
 */
export async function writeExport(install: Install, options: ExportOptions): Promise<void> {
  const external = demandedDatabase(install.paths, options.env);
  if (external !== undefined) return runExport(install, external.reveal(), options);
  if (!existsSync(join(install.paths.postgres, 'cluster'))) {
    throw new LauncherError('usage', 'there is nothing to export: this install has never started');
  }
  const socketDir = join(install.runDir, 'pg');
  const server = await startPostgres({ dataDir: install.paths.postgres, socketDir });
  try {
    await runExport(install, server.url(), options);
  } finally {
    if (!server.adopted) await server.stop();
  }
}

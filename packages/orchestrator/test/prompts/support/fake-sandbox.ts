import type { RunJobResult } from '@cynodeai/contracts/common';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { temporaryDirectory } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a job left behind. */
export interface SandboxRun extends Partial<RunJobResult> {
  /** Every file below the workspace, sorted. */
  readonly files: readonly string[];
}

/** Runs a job's command as a node does, in a folder for its workspace and with nothing else of a sandbox. */
export async function runInFolder(
  { sandbox }: RunJobRequest,
  ollamaBaseUrl: string,
): Promise<SandboxRun> {
  await using folder = await temporaryDirectory();
  const workspace = join(folder.path, 'workspace');
  const scratch = join(folder.path, 'tmp');
  await mkdir(scratch);
  for (const file of sandbox.input_files ?? []) {
    const path = join(workspace, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.from(file.content_base64, 'base64'));
  }
  const [program = '', ...args] = sandbox.command.map((word) =>
    word.replace(/^\/workspace(?=\/|$)/, workspace),
  );
  const env = { PATH: '/usr/bin:/bin', TMPDIR: scratch, OLLAMA_BASE_URL: ollamaBaseUrl };
  const child = new Child(program, args, { cwd: workspace, env });
  // A command that is not there ends nothing.
  const absent = { code: null, stdout: '', stderr: '' };
  const { code, stdout, stderr } = await child.outcome.catch(() => absent);
  const exitCode = code ?? 125;
  const status = exitCode === 0 ? ('completed' as const) : ('failed' as const);
  const entries = await readdir(workspace, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(workspace.length + 1));
  return { status, exit_code: exitCode, stdout, stderr, files: files.toSorted() };
}

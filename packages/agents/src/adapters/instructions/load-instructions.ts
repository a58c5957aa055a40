import { readFile, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@cynodeai/runtime/config';
import { errorCodeOf } from '@cynodeai/runtime/std';
import type { AgentRole, Instructions } from '../../app/node-scene.ts';

/** Folders of instructions, where they are not those of this program. */
export interface InstructionFolders {
  /** Holds a folder for each role. */
  readonly root?: string | undefined;
  readonly projectManager?: string | undefined;
  readonly projectAnalyst?: string | undefined;
}

const ownRoot = join(import.meta.dirname, '../../../instructions');

async function readBundle(role: AgentRole, folder: string): Promise<Instructions> {
  const refused = (why: string): ConfigError =>
    new ConfigError(`the instructions of ${role} (${folder}) ${why}`);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw refused(`cannot be read: ${errorCodeOf(error) ?? 'unknown'}`);
  }
  const files = names.filter((name) => name.endsWith('.md') && name !== 'README.md').toSorted();
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  const [baseline = '', ...rest] = texts.map((text) => text.trim());
  if (baseline === '') throw refused('are empty: put Markdown files there, 01_baseline.md first');
  return { baseline, role: rest.filter((text) => text !== '').join('\n\n') };
}

/**
 * What each role is told of itself: the Markdown files of its folder in the order of their names, README.md not among
 * them. See docs/reference/workflow.md#instructions.
 * @throws ConfigError where a folder is missing or empty, or both roles have the same
 */
export async function loadInstructions(
  folders: InstructionFolders = {},
): Promise<Readonly<Record<AgentRole, Instructions>>> {
  const root = folders.root ?? ownRoot;
  const manager = folders.projectManager ?? join(root, 'project_manager');
  const analyst = folders.projectAnalyst ?? join(root, 'project_analyst');
  const bundles = {
    project_manager: await readBundle('project_manager', manager),
    project_analyst: await readBundle('project_analyst', analyst),
  };
  if ((await realpath(manager)) === (await realpath(analyst))) {
    throw new ConfigError(
      `project_manager and project_analyst have the same instructions (${manager}): give each a folder of its own`,
    );
  }
  return bundles;
}

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { parseJsonOr } from '@cynodeai/runtime/std';
import { z } from 'zod';
import type { CeilingFacts } from '../../../ports/sandbox-engine.ts';

const keptSchema = z.object({
  /** Whose word it is: a copied state folder is another node's. */
  of: z.string(),
  unit: z.string().optional(),
  none: z.string().optional(),
});

/** What the node said of its group when it started. */
export interface KeptGroup {
  /** The group of the service it was. */
  readonly unit?: string | undefined;
  /** Why there was no ceiling. */
  readonly none?: string | undefined;
}

const fileOf = (stateDir: string): string => join(stateDir, 'control-group.json');

/** Notes for whoever looks from outside where the node has its group, and why it has no ceiling. */
export async function keepGroup(
  stateDir: string,
  unit: string | undefined,
  ceiling: CeilingFacts,
): Promise<void> {
  const none = ceiling.kind === 'none' ? ceiling.reason : undefined;
  const kept = JSON.stringify({ of: resolve(stateDir), unit, none });
  // On a full disk an older word stays.
  await writeFileAtomic(fileOf(stateDir), kept).catch(() => {});
}

/** What the node of this state folder noted; nothing where none has started. */
export async function keptGroup(stateDir: string): Promise<KeptGroup> {
  const text = await readFile(fileOf(stateDir), 'utf8').catch(() => '');
  const { data } = keptSchema.safeParse(parseJsonOr(text));
  return data?.of === resolve(stateDir) ? data : {};
}

import { inferenceKind } from '../../../domain/inference/container.ts';
import { nodeSlugLabel } from '../../../domain/sandbox/naming.ts';

/** How an engine is asked for containers. */
export interface ContainerSource {
  /** Names of all containers with a label, `NAME=VALUE`. */
  readonly list: (label: string) => Promise<readonly string[]>;
  /** By force. */
  readonly remove: (name: string) => Promise<void>;
}

/**
 * Removes every container of a node but those that live and its inference container, which is adopted or replaced
 * later, and gives their names. See docs/reference/sandbox.md#names-and-labels.
 */
export async function removeJobContainers(
  { list, remove }: ContainerSource,
  nodeSlug: string,
  lives: (name: string) => boolean,
): Promise<readonly string[]> {
  const all = await list(`${nodeSlugLabel}=${nodeSlug}`);
  const kept = new Set(await list(`${inferenceKind.label}=${inferenceKind.value}`));
  const removed: string[] = [];
  for (const name of all) {
    // Asked now: one may have begun since they were listed.
    if (kept.has(name) || lives(name)) continue;
    await remove(name);
    removed.push(name);
  }
  return removed;
}

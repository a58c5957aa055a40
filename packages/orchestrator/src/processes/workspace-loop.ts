import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Kysely } from 'kysely';
import { type NotificationListener, channels } from '../adapters/postgres/notifications.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { postgresKnownWorkspaces } from '../adapters/postgres/workspaces/workspace-store.ts';
import { Ticker } from '../app/loops/ticker.ts';
import {
  type RemoveLostWorkspacesDeps,
  removeLostWorkspaces,
} from '../app/workspaces/remove-lost-workspaces.ts';

/** How often nodes are asked which workspaces they keep, ms. See docs/reference/workspaces.md#delete. */
const pollMs = 60_000;

interface WorkspaceLoopParts extends Omit<RemoveLostWorkspacesDeps, 'known'> {
  readonly db: Kysely<Database>;
}

/** Has nodes remove deleted workspaces, when one is deleted and now and then, until the signal fires. */
export function runWorkspaceLoop(
  { db, ...rest }: WorkspaceLoopParts,
  listener: NotificationListener,
  signal: AbortSignal,
): Promise<void> {
  const known = postgresKnownWorkspaces(db);
  const ticker = new Ticker({ name: 'removal of workspaces', pollMs, log: rest.log, sleep });
  listener.on(channels.workspaces, () => ticker.wake());
  return ticker.run(() => removeLostWorkspaces({ ...rest, known }), signal);
}

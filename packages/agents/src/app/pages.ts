import type { AgentArtifact, Verification } from '@cynodeai/contracts/mcp';
import type { Tools } from '../ports/tools.ts';

/** Rows that are read of one list. */
const mostRows = 2000;

interface Page<T> {
  readonly rows: readonly T[];
  readonly next: string | null;
}

async function everyRow<T>(read: (page: object) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const { rows, next } = await read({ limit: 100, ...(cursor !== undefined && { cursor }) });
    found.push(...rows);
    cursor = next ?? undefined;
  } while (cursor !== undefined && found.length < mostRows);
  return found;
}

/** The files of a task, by path. */
export async function taskFiles(
  tools: Tools,
  taskId: string,
  signal: AbortSignal,
): Promise<AgentArtifact[]> {
  return everyRow(async (page) => {
    const args = { task_id: taskId, ...page };
    const { artifacts, next_cursor: next } = await tools.call('artifact.list', args, signal);
    return { rows: artifacts, next };
  });
}

/** What was verified of a task, oldest first. */
export async function verificationsOf(
  tools: Tools,
  taskId: string,
  signal: AbortSignal,
): Promise<Verification[]> {
  return everyRow(async (page) => {
    const args = { task_id: taskId, ...page };
    const answer = await tools.call('db.verification.list', args, signal);
    return { rows: answer.verifications, next: answer.next_cursor };
  });
}

/** Settings that are set below a prefix. */
export async function settingsBelow(
  tools: Tools,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, unknown>> {
  const rows = await everyRow(async (page) => {
    const args = { key_prefix: prefix, ...page };
    const { settings, next_cursor: next } = await tools.call(
      'db.system_setting.list',
      args,
      signal,
    );
    return { rows: settings, next };
  });
  return new Map(rows.map(({ key, value }) => [key, value]));
}

import { toolLimits } from '@cynodeai/contracts/mcp';
import { decodeKeyCursor, encodeKeyCursor } from '../../../domain/settings/key-cursor.ts';
import {
  type PagePosition,
  type Seal,
  decodeCursor,
  encodeCursor,
} from '../../../domain/tasks/page-cursor.ts';

interface PageArguments {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

interface Page<T> {
  readonly rows: readonly T[];
  readonly next_cursor: string | null;
}

async function pageOf<T, Position>(
  limit: number,
  after: Position | undefined,
  read: (after: Position | undefined, limit: number) => Promise<readonly T[]>,
  cursorOf: (last: T) => string,
): Promise<Page<T>> {
  const found = await read(after, limit + 1);
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const isMore = found.length > limit && last !== undefined;
  return { rows, next_cursor: isMore ? cursorOf(last) : null };
}

/** One page in the order of when things were made. @throws OrchestratorError `input_invalid`. */
export function pageByTime<T extends { readonly id: string; readonly created_at: string }>(
  seal: Seal,
  { limit = toolLimits.pageDefault, cursor }: PageArguments,
  read: (after: PagePosition | undefined, limit: number) => Promise<readonly T[]>,
): Promise<Page<T>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, seal);
  return pageOf(limit, after, read, (last) =>
    encodeCursor({ createdAt: new Date(last.created_at), id: last.id }, seal),
  );
}

/** One page in byte order of a text. @throws OrchestratorError `input_invalid`. */
export function pageByText<T>(
  seal: Seal,
  { limit = toolLimits.pageDefault, cursor }: PageArguments,
  textOf: (row: T) => string,
  read: (after: string | undefined, limit: number) => Promise<readonly T[]>,
): Promise<Page<T>> {
  const after = cursor === undefined ? undefined : decodeKeyCursor(cursor, seal);
  return pageOf(limit, after, read, (last) => encodeKeyCursor(textOf(last), seal));
}

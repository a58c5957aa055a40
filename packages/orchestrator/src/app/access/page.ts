import { limits } from '@cynodeai/contracts/common';
import {
  type PagePosition,
  type Seal,
  decodeCursor,
  encodeCursor,
} from '../../domain/tasks/page-cursor.ts';

/** What a list request says about paging. */
export interface PageRequest {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Cursor of the next page; absent on the last one. */
  readonly next: string | undefined;
}

/** Reads one page; `read` gets one row more than asked for, to see whether there is a next page. @throws OrchestratorError `input_invalid`. */
export async function readPage<Row extends PagePosition>(
  request: PageRequest,
  seal: Seal,
  read: (page: {
    readonly after: PagePosition | undefined;
    readonly limit: number;
  }) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const limit = request.limit ?? limits.pageDefault;
  const after = request.cursor === undefined ? undefined : decodeCursor(request.cursor, seal);
  const found = await read({ after, limit: limit + 1 });
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const more = found.length > limit && last !== undefined;
  return { rows, next: more ? encodeCursor(last, seal) : undefined };
}

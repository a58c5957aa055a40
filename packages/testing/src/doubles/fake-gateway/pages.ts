import { limits } from '@cynodeai/contracts/common';
import { randomToken } from '@cynodeai/runtime/crypto';
import { refuseField } from './task-input.ts';

/** Which page of a list is asked for. */
export interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Pages of lists. Cursors mean nothing but to whoever made them. See docs/reference/http.md#pages. */
export class Pages {
  readonly #lastIds = new Map<string, string>();

  /** One page of a list that is in its order; filters were applied before. @throws ProblemError for a foreign cursor. */
  of<T extends { readonly id: string }>(
    items: readonly T[],
    { limit = limits.pageDefault, cursor }: PageQuery,
  ): { readonly page: readonly T[]; readonly next: { readonly next_cursor?: string } } {
    const begin = cursor === undefined ? 0 : this.#after(items, cursor);
    const page = items.slice(begin, begin + limit);
    const last = page.at(-1);
    if (last === undefined || begin + limit >= items.length) return { page, next: {} };
    const next = randomToken(12);
    this.#lastIds.set(next, last.id);
    return { page, next: { next_cursor: next } };
  }

  #after(items: readonly { readonly id: string }[], cursor: string): number {
    const last = this.#lastIds.get(cursor) ?? refuseField('cursor', 'the cursor is not valid');
    return items.findIndex(({ id }) => id === last) + 1;
  }
}

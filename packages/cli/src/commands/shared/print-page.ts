import type { Notes, Output } from '@cynodeai/command-line/output';

export interface Page {
  /** Plural of the items, the key of the JSON. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly items: readonly object[];
  /** What a table shows of the items where that is not their fields. */
  readonly rows?: readonly Readonly<Record<string, string | number | boolean | undefined>>[];
  readonly next: string | null | undefined;
}

/**
 * Prints a page as a list; `next_cursor` is always in the JSON, and a hint beside a table.
 * See docs/reference/cli.md#paging.
 */
export async function printPage(
  { name, columns, items, rows, next }: Page,
  { notes, output }: { readonly notes: Notes; readonly output: Output },
): Promise<void> {
  await output.print({
    list: { columns, rows: rows ?? items.map((item) => ({ ...item })) },
    json: { [name]: items, next_cursor: next ?? '' },
  });
  if (next && output.format === 'table') await notes.hint(`next_cursor=${next}`);
}

/** A table with a header; keys are the columns. See docs/reference/cli.md#output. */
export interface List {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}

type Cell = string | number | boolean | null | undefined;

const escapes: Readonly<Record<string, string>> = {
  '\t': String.raw`\t`,
  '\r': String.raw`\r`,
  '\n': String.raw`\n`,
  '\\': '\\\\',
};

/** One cell on one line: TAB, CR, LF and backslash are escaped, null is empty. */
export function formatCell(value: Cell): string {
  return String(value ?? '').replaceAll(/[\t\r\n\\]/g, (char) => escapes[char] ?? char);
}

/** Header and rows, columns one TAB apart, no padding; TAB, CR, LF and backslash are escaped, null is empty. */
export function formatList({ columns, rows }: List): string {
  const lines = rows.map((row) => columns.map((column) => formatCell(row[column])));
  return [columns, ...lines].map((cells) => `${cells.join('\t')}\n`).join('');
}

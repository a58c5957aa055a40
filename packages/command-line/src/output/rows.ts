import { textWidth } from './fit-width.ts';
import { formatCell } from './list.ts';

/** Between two columns. */
const gap = 2;
/** Less room than this is none: every first cell then has a line of its own. */
const leastWidth = 8;

/**
 * Rows for a person: columns as wide as their widest cell, without a header, each cell on one line. In a window too narrow for that the first
 * cell, by which a row is called, stands on a line of its own where it must, and is never cut.
 * @param columns width of the window; undefined: as wide as it takes
 */
export function formatRows(
  texts: readonly (readonly [string, ...string[]])[],
  columns: number | undefined,
): string {
  const rows = texts.map(([name, ...cells]): [string, ...string[]] => [
    formatCell(name),
    ...cells.map(formatCell),
  ]);
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, textWidth(cell));
    }
  }
  const [, ...rest] = widths;
  const restWidth = rest.reduce((sum, width) => sum + width + gap, 0);
  const room = Math.max((columns ?? Number.POSITIVE_INFINITY) - restWidth, 0);
  const first = room < leastWidth ? 0 : Math.min(widths[0] ?? 0, room);
  const lines = rows.flatMap(([name, ...cells]) => {
    const tail = cells.map((cell, index) => pad(cell, rest[index] ?? 0)).join(' '.repeat(gap));
    const lead = ' '.repeat(gap);
    if (textWidth(name) <= first) return [`${pad(name, first)}${lead}${tail}`];
    return [name, `${' '.repeat(first)}${lead}${tail}`];
  });
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - textWidth(text), 0));
}

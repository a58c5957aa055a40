/** Characters that take two columns: East Asian ones and emoji. */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;
/** Marks that take none. */
const narrow = /\p{Mn}|\p{Me}|\p{Cf}/u;

function widthOf(character: string): number {
  if (narrow.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Columns a text takes on a terminal. */
export function textWidth(text: string): number {
  return Array.from(text, widthOf).reduce((sum, width) => sum + width, 0);
}

/** The text on one line of `columns` columns, with an ellipsis where it was cut; as it is when that is unknown. */
export function fitWidth(text: string, columns: number | undefined): string {
  if (columns === undefined || columns <= 0) return text;
  let used = 0;
  let kept = '';
  let whole = '';
  for (const character of text) {
    const width = widthOf(character);
    if (used + width <= columns - 1) kept = whole + character;
    whole += character;
    used += width;
    if (used > columns) return `${kept}\u2026`;
  }
  return whole;
}

/** The text without the characters of `unwanted` at its end; takes time in its length, as a pattern with `+$` would not. */
export function trimEnd(text: string, unwanted: string): string {
  let end = text.length;
  while (end > 0 && unwanted.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

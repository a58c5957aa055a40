/** What can be counted in a text. */
export type Unit = 'word' | 'line' | 'character' | 'letter' | 'byte';

/** Matches of a pattern, without keeping them. */
function countMatches(text: string, pattern: RegExp): number {
  let count = 0;
  for (const _match of text.matchAll(pattern)) count += 1;
  return count;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _character of text) count += 1;
  return count;
}

/** How many of a unit a text holds. A line break at the end begins no line. */
export function measure(text: string, unit: Unit): number {
  switch (unit) {
    case 'word':
      return countMatches(text, /\S+/g);
    case 'line':
      return text === '' ? 0 : countMatches(text, /\n/g) + (text.endsWith('\n') ? 0 : 1);
    case 'character':
      return codePoints(text);
    case 'letter':
      return codePoints(text.replaceAll(/\P{L}+/gu, ''));
    case 'byte':
      return new TextEncoder().encode(text).length;
  }
}

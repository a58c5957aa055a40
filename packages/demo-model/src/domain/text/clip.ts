/** One line of at most that many characters, for showing. */
export function clipLine(text: string, limit: number): string {
  const line = text
    .slice(0, limit * 4)
    .replaceAll(/\s+/g, ' ')
    .trim();
  const characters = Array.from(line);
  return characters.length <= limit && text.length <= limit * 4
    ? line
    : `${characters.slice(0, limit).join('')}…`;
}

/** `1 word`, `2 words`, with the number in digits. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

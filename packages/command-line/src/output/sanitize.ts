/** Control, unassigned and private characters, line and paragraph separators, tags, and what turns the direction of text. */
const unsafe =
  /[\p{Cc}\p{Cn}\p{Co}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\u{E0000}-\u{E0FFF}]/gu;

function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === '\t' || char === '\n') return char;
  if (code < 0x20 || code === 0x7f) return `^${String.fromCodePoint(code ^ 0x40)}`;
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/**
 * Shows what could steer a terminal or hide text from its reader instead of doing it: `^[` for a control character as
 * `cat -v` does, `<U+202E>` for the rest. TAB, LF and CRLF stay line and column ends.
 * See docs/reference/cli.md#output.
 */
export function sanitize(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(unsafe, visible);
}

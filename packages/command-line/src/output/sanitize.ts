/**
 * Removes control characters other than TAB and LF, so that foreign text cannot steer a terminal.
 * See docs/reference/cli.md#output.
 */
export function sanitize(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => (char === '\t' || char === '\n' ? char : ''));
}

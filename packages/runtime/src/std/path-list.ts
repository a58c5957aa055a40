/** Paths as one text, `:` between them; a colon or a backslash of a path has a backslash before it. */
export function joinPaths(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll(/[\\:]/g, String.raw`\$&`)).join(':');
}

/** The paths in such a text; empty ones are none. */
export function splitPaths(text: string): string[] {
  const paths = [''];
  for (const [, escaped, plain = escaped] of text.matchAll(/\\(.)|([^])/gs)) {
    if (plain === ':' && escaped === undefined) paths.push('');
    else paths[paths.length - 1] += plain ?? '';
  }
  return paths.filter((path) => path !== '');
}

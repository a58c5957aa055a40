function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * Bash loses its place in the program when the text of an `eval` ends within a line continuation; an empty line ends
 * every continuation, and a here-document finds the end of its last line.
 */
const endOfItem = '\n\n';

/**
 * A POSIX shell program that runs the items in order in one shell and stops at the first whose exit
 * status is not 0, exiting with it. Each item is one quoted word given to `eval`, so that an item
 * may hold several lines, open quotes or a trailing backslash without reaching into the next;
 * `case` keeps the status without a variable. See docs/reference/tasks-and-jobs.md#input-modes,
 * REQ-ORCHES-0127.
 */
export function commandsProgram(items: readonly string[]): string {
  const steps = items.map(
    (item) => `eval ${quoted(`${item}${endOfItem}`)}\ncase $? in 0) ;; *) exit $? ;; esac\n`,
  );
  return steps.join('');
}

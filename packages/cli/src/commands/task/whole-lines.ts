/** Keeps the two streams on lines of their own when they are printed to one place. */
export class WholeLines {
  #open: string | undefined;

  /** The text as it is, after a line break when another stream left its line unfinished. */
  add(stream: string, text: string): string {
    if (text === '') return '';
    const lead = this.#open !== undefined && this.#open !== stream ? '\n' : '';
    this.#open = text.endsWith('\n') ? undefined : stream;
    return lead + text;
  }

  /** What is missing to end the last line. */
  end(): string {
    const rest = this.#open === undefined ? '' : '\n';
    this.#open = undefined;
    return rest;
  }
}

/** The lines of a text without their ends; none for an empty text. */
export function linesOf(text: string | undefined): string[] {
  if (text === undefined || text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

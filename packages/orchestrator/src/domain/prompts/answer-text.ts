const opening = '<think>';
const closing = '</think>';
/** White space that may stand before a mark, characters; behind more of it everything is the answer. */
const mostBlank = 4096;

/**
 * The words of an answer as they come, without the thoughts that some models write before it between `<think>` and
 * `</think>`; those are counted.
 */
export class AnswerText {
  #state: 'start' | 'thinking' | 'blank' | 'answer' = 'start';
  /** What may still turn out to be one of the marks. */
  #held = '';
  #thoughtChars = 0;

  /** Characters of thoughts so far. */
  get thoughtChars(): number {
    return this.#thoughtChars;
  }

  /** Thoughts that the service told apart by itself. */
  thought(text: string): void {
    this.#thoughtChars += text.length;
  }

  /** Takes the next words; answers with those that are part of the answer. */
  add(text: string): string {
    switch (this.#state) {
      case 'answer':
        return text;
      case 'start':
        return this.#begin(this.#held + text);
      case 'thinking':
        return this.#think(this.#held + text);
      case 'blank': {
        const rest = text.trimStart();
        if (rest !== '') this.#state = 'answer';
        return rest;
      }
    }
  }

  /** What was held back, when no more words come. */
  end(): string {
    const held = this.#held;
    this.#held = '';
    if (this.#state === 'thinking') this.#thoughtChars += held.length;
    return this.#state === 'start' ? held : '';
  }

  #begin(text: string): string {
    const words = text.trimStart();
    const isLate = text.length - words.length > mostBlank;
    if (
      !isLate &&
      opening.startsWith(words.slice(0, opening.length)) &&
      words.length < opening.length
    ) {
      this.#held = text;
      return '';
    }
    this.#held = '';
    if (isLate || !words.startsWith(opening)) {
      this.#state = 'answer';
      return text;
    }
    this.#state = 'thinking';
    return this.#think(words.slice(opening.length));
  }

  #think(text: string): string {
    const end = text.indexOf(closing);
    if (end === -1) {
      // The mark may be cut between two pieces.
      const kept = Math.min(text.length, closing.length - 1);
      this.#held = text.slice(text.length - kept);
      this.#thoughtChars += text.length - kept;
      return '';
    }
    this.#thoughtChars += end;
    this.#held = '';
    this.#state = 'blank';
    return this.add(text.slice(end + closing.length));
  }
}

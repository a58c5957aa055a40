import type { Question } from '../text/question.ts';
import type { Quote } from '../text/quotes.ts';

/** One question of a prompt, as rules see it. */
export interface Asked {
  /** Its words, as they are. */
  readonly text: string;
  /** Its words with quotes and commands blanked out. */
  readonly masked: string;
  /** Quotes inside it. */
  readonly quotes: readonly Quote[];
  readonly whole: Question;
}

/** Answers what it understands, in order; nothing when it understands nothing. */
export type Rule = (asked: Asked) => readonly string[];

import { answerSums } from '../arithmetic/answer-sums.ts';
import type { Rule } from './rule.ts';

/** Works out sums, also one that is quoted right behind a question. */
export const sumsRule: Rule = ({ masked, quotes, text }) => {
  const found = answerSums(masked);
  if (
    found.length > 0 ||
    !/\b(?:what(?:'s|’s| is)|calculate|compute|evaluate|solve)\b/i.test(text)
  ) {
    return found;
  }
  return quotes.flatMap((quote) => answerSums(quote.text));
};

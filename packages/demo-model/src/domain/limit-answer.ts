/** A text as it leaves: its pieces, and why it ended. */
export interface LimitedAnswer {
  readonly pieces: readonly string[];
  /** `length` when the limit cut it. */
  readonly reason: 'stop' | 'length';
}

/** Words with the blanks around them: what the demo model calls tokens. */
const words = /\s+\S*|\S+/g;

/** Cuts a text before the first stop text, into words, and after so many of them. */
export function limitAnswer(
  text: string,
  maxTokens: number | undefined,
  stop: readonly string[],
): LimitedAnswer {
  const ends = stop.map((mark) => text.indexOf(mark)).filter((at) => at >= 0);
  const pieces = text.slice(0, Math.min(text.length, ...ends)).match(words) ?? [];
  if (maxTokens === undefined || pieces.length <= maxTokens) return { pieces, reason: 'stop' };
  return { pieces: pieces.slice(0, maxTokens), reason: 'length' };
}

/** How many words a text has: what the demo model counts as tokens. */
export function countTokens(text: string): number {
  let count = 0;
  for (const _word of text.matchAll(/\S+/g)) count += 1;
  return count;
}

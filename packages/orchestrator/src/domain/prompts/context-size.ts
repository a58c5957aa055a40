/** Smallest memory a model is asked for, tokens: what services take by themselves. */
const smallest = 4096;
/** Largest one for a model that does not say what it takes, tokens. */
const unknownLimit = 32_768;
/** What is left for the answer and the model's own frame around the input, tokens. */
const answerTokens = 2048;
/** Bytes of text that are one token or more; source code and most languages have three to four. */
const bytesPerToken = 3;

/** The smallest power of two with room for the input and an answer: few sizes, because each new one loads the model anew. */
function sizeFor(inputTokens: number, limit: number): number {
  let size = smallest;
  while (size < inputTokens + answerTokens) size *= 2;
  return Math.min(size, limit);
}

/** How many tokens a text is, roughly. */
export function estimatedTokens(text: string): number {
  return Math.ceil(new TextEncoder().encode(text).length / bytesPerToken);
}

/** What a longer answer than usual takes beside it, tokens. */
export function extraAnswerTokens(most: number | undefined): number {
  return Math.max(0, (most ?? 0) - answerTokens);
}

/**
 * Tokens of memory a model is asked for, so that an input fits with its answer.
 * @param limit context length of the model, tokens; undefined when it does not say
 */
export function contextSize(inputTokens: number, limit: number | undefined): number {
  return sizeFor(inputTokens, limit ?? unknownLimit);
}

/**
 * A larger memory after the service said that the input did not fit into `asked`; undefined when the model has no more.
 * @param counted tokens of the input as the service counted them, when it told
 */
export function largerContext(
  asked: number,
  counted: number | undefined,
  limit: number | undefined,
): number | undefined {
  const most = limit ?? unknownLimit;
  const size = counted === undefined ? most : contextSize(counted, limit);
  return size > asked ? size : undefined;
}

/** Says what a value must be; undefined when it is that. */
export type ValueRule = (value: unknown) => string | undefined;

/** A rule from a test and its words, `must be …`. */
export function rule(test: (value: unknown) => boolean, words: string): ValueRule {
  return (value) => (test(value) ? undefined : words);
}

const maxTextChars = 512;

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= maxTextChars;
}

export const aBoolean = rule((value) => typeof value === 'boolean', 'must be true or false');
export const aText = rule(isText, `must be a text of 1 to ${maxTextChars} characters`);
export const texts = rule(
  (value) => Array.isArray(value) && value.every(isText),
  'must be an array of texts',
);

/** A whole number between two bounds, both included. */
export function wholeNumber(min: number, max: number): ValueRule {
  return rule(
    (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max,
    `must be a whole number from ${min} to ${max}`,
  );
}

/** One of a few texts. */
export function oneOf(values: readonly string[]): ValueRule {
  return rule(
    (value) => values.some((allowed) => allowed === value),
    `must be one of: ${values.join(', ')}`,
  );
}

/** An array of some of a few texts. */
export function someOf(values: readonly string[]): ValueRule {
  return rule(
    (value) => Array.isArray(value) && value.every((item) => values.includes(String(item))),
    `must be an array of some of: ${values.join(', ')}`,
  );
}

import type { Operator } from './number.ts';

/** A piece of text as arithmetic sees it. Positions are characters in that text. */
export type Token = {
  readonly start: number;
  readonly end: number;
} & (
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'operator'; readonly operator: Operator }
  /** `15% of`: a hundredth, times what follows. */
  | { readonly kind: 'percent_of' }
  /** `squared` and `cubed`. */
  | { readonly kind: 'raised'; readonly exponent: bigint }
  | { readonly kind: 'open' | 'close' }
  /** Anything else ends a sum. */
  | { readonly kind: 'other' }
);

/** Longest number that is read, in digits. */
const maxDigits = 1000;

const gap = /[ \t]+/y;
/** Not a number although it begins like one: dates, hexadecimal, versions. */
const lookalike = /\d{4}-\d\d-\d\d(?!\d)|0x[\da-f]+|\d+(?:\.\d+){2,}/iy;
const number =
  /(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?(?:e[+-]?\d{1,3})?(?![\d_]|(?!x[\d(.])\p{L}|\.\d)|\.\d+(?![\p{L}\d_.])/iuy;
const percentOf = /(?:%|percent\b)\s{0,3}of\b/iy;
const words: readonly (readonly [RegExp, Operator])[] = [
  [/\*\*|\^|to the power of\b/iy, '^'],
  [/[*×·⋅]|x(?=\s?[\d(.])|times\b|multiplied by\b/iy, '*'],
  [/[/÷∕]|divided by\b/iy, '/'],
  [/[+＋]|plus\b/iy, '+'],
  [/[-−–]|minus\b/iy, '-'],
  [/%|mod\b|modulo\b/iy, '%'],
];
const raised = /squared\b|cubed\b|[²³]/iy;
const otherRun = /[\p{L}\p{N}_.]+/uy;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function tokenAt(text: string, start: number): Token {
  const span = (matched: string): { start: number; end: number } => ({
    start,
    end: start + matched.length,
  });
  const strange = matchAt(lookalike, text, start);
  if (strange !== undefined) return { ...span(strange), kind: 'other' };
  const digits = matchAt(number, text, start);
  if (digits !== undefined && digits.length <= maxDigits) {
    return { ...span(digits), kind: 'number', digits };
  }
  const percent = matchAt(percentOf, text, start);
  if (percent !== undefined) return { ...span(percent), kind: 'percent_of' };
  for (const [pattern, operator] of words) {
    const matched = matchAt(pattern, text, start);
    if (matched !== undefined) return { ...span(matched), kind: 'operator', operator };
  }
  const power = matchAt(raised, text, start);
  if (power !== undefined) {
    const exponent = /^(?:squared|²)$/i.test(power) ? 2n : 3n;
    return { ...span(power), kind: 'raised', exponent };
  }
  const char = text[start] ?? '';
  if (char === '(' || char === ')') {
    return { ...span(char), kind: char === '(' ? 'open' : 'close' };
  }
  return { ...span(matchAt(otherRun, text, start) ?? char), kind: 'other' };
}

/** Cuts a text into tokens; blanks fall away. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const blank = matchAt(gap, text, at);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

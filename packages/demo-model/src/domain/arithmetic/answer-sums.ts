import { formatValue } from './format-value.ts';
import { SumError } from './number.ts';
import { type ParsedSum, parseSum } from './parse-sum.ts';
import { type Token, tokenize } from './tokens.ts';

/** Most tokens of arithmetic in a row that are looked at. */
const maxRunTokens = 400;
const maxShownCharacters = 120;

const asking =
  /\b(?:what(?:'s|’s| is| are)|calculate|compute|evaluate|how much|solve|result of|work out|value of)\b|=/i;

function isPart(token: Token | undefined): boolean {
  return token !== undefined && token.kind !== 'other';
}

/** A dash at the beginning of a line is a bullet, not a sign. */
function isBullet(text: string, token: Token): boolean {
  const lineStart = text.lastIndexOf('\n', token.start) + 1;
  const alone = text.slice(lineStart, token.start).trim() === '';
  return token.kind === 'operator' && alone && /^[-−–*+]\s/.test(text.slice(token.start));
}

/** Whether somebody wants it worked out: `3-5 days` and `and/or 1/2` do not say so. */
function isMeant(text: string, shown: string): boolean {
  if (asking.test(text) || /[+*^×÷]|\s[-/%]\s|[a-wyz]/i.test(shown)) return true;
  return text.replaceAll(/[\s?.!=]/g, '') === shown.replaceAll(/\s/g, '');
}

function answer(shown: string, sum: ParsedSum): string {
  const head = shown.length > maxShownCharacters ? 'The result' : shown;
  try {
    return `${head}${formatValue(sum.evaluate())}`;
  } catch (error) {
    if (!(error instanceof SumError)) throw error;
    return `${head}: ${error.message}.`;
  }
}

/** Answers every sum in one question, in order. */
export function answerSums(text: string): readonly string[] {
  const tokens = tokenize(text);
  const answers: string[] = [];
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at];
    let end = at;
    while (isPart(tokens[end])) end += 1;
    if (token === undefined || end === at) {
      at += 1;
      continue;
    }
    const first = isBullet(text, token) ? at + 1 : at;
    // `COVID-19 + 2` and `f(2+3)` hang on a word: not ours to work out.
    const hangs = /[\p{L}\p{N}_]/u.test(text.charAt(token.start - 1));
    if (!hangs) answers.push(...answerRun(text, tokens.slice(first, end)));
    at = end;
  }
  return answers;
}

function answerRun(text: string, run: readonly Token[]): readonly string[] {
  if (run.length > maxRunTokens) {
    return [`I read sums of up to ${maxRunTokens} numbers and signs; this one is longer.`];
  }
  const answers: string[] = [];
  let at = 0;
  while (at < run.length) {
    const sum = parseSum(run, at);
    const first = run[at];
    const last = run[at + (sum?.length ?? 1) - 1];
    if (sum === undefined || first === undefined || last === undefined) {
      at += 1;
      continue;
    }
    at += sum.length;
    const next = run[at];
    // `50 + 20%` could mean two things.
    const unclear = next?.kind === 'operator' && (next.operator === '%' || next.operator === '^');
    const shown = text.slice(first.start, last.end).replaceAll(/\s+/g, ' ');
    if (sum.operators > 0 && !unclear && isMeant(text, shown)) answers.push(answer(shown, sum));
  }
  return answers;
}

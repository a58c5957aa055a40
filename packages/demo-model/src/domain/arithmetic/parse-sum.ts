import { type Value, calculate, exact, negate, parseNumber } from './number.ts';
import type { Token } from './tokens.ts';

/** A sum that was read from tokens. */
export interface ParsedSum {
  /** Tokens it took. */
  readonly length: number;
  /** How many operators join two values. */
  readonly operators: number;
  /** Works it out. @throws SumError */
  readonly evaluate: () => Value;
}

/** Deepest nesting of parentheses and signs. */
const maxDepth = 100;

type Work = () => Value;

/** Recursive descent: sums, products, signs, powers (from the right), values. */
class SumParser {
  readonly #tokens: readonly Token[];
  #at: number;
  #depth = 0;
  operators = 0;

  constructor(tokens: readonly Token[], from: number) {
    this.#tokens = tokens;
    this.#at = from;
  }

  get at(): number {
    return this.#at;
  }

  sum(): Work | undefined {
    return this.#chain(['+', '-'], () => this.#product());
  }

  #product(): Work | undefined {
    return this.#chain(['*', '/', '%'], () => this.#signed());
  }

  /** Values of the next level joined by these operators, from the left. */
  #chain(joints: readonly string[], next: () => Work | undefined): Work | undefined {
    const first = next();
    if (first === undefined) return undefined;
    const rest: ((left: Value) => Value)[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      const percent = token?.kind === 'percent_of' && joints.includes('*');
      const joins = token?.kind === 'operator' && joints.includes(token.operator);
      if (token === undefined || (!percent && !joins)) break;
      const before = this.#at;
      this.#at += 1;
      const right = next();
      if (right === undefined) {
        this.#at = before;
        break;
      }
      this.operators += 1;
      rest.push((left) => {
        if (token.kind === 'operator') return calculate(token.operator, left, right());
        return calculate('*', calculate('/', left, exact(100n)), right());
      });
    }
    return () => rest.reduce((left, apply) => apply(left), first());
  }

  #signed(): Work | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'operator' || (token.operator !== '-' && token.operator !== '+')) {
      return this.#power();
    }
    return this.#deeper(() => {
      this.#at += 1;
      const inner = this.#signed();
      if (inner === undefined || token.operator === '+') return inner;
      return () => negate(inner());
    });
  }

  #power(): Work | undefined {
    const base = this.#value();
    if (base === undefined) return undefined;
    const token = this.#tokens[this.#at];
    if (token?.kind === 'raised') {
      this.#at += 1;
      this.operators += 1;
      return () => calculate('^', base(), exact(token.exponent));
    }
    if (token?.kind !== 'operator' || token.operator !== '^') return base;
    const before = this.#at;
    this.#at += 1;
    const exponent = this.#deeper(() => this.#signed());
    if (exponent === undefined) {
      this.#at = before;
      return base;
    }
    this.operators += 1;
    return () => calculate('^', base(), exponent());
  }

  #value(): Work | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'number') {
      this.#at += 1;
      return () => parseNumber(token.digits);
    }
    if (token?.kind !== 'open') return undefined;
    return this.#deeper(() => {
      this.#at += 1;
      const inner = this.sum();
      if (inner === undefined || this.#tokens[this.#at]?.kind !== 'close') return undefined;
      this.#at += 1;
      return inner;
    });
  }

  /** Goes back to where it was when nothing is found, or when it would go too deep. */
  #deeper(work: () => Work | undefined): Work | undefined {
    if (this.#depth >= maxDepth) return undefined;
    const before = this.#at;
    this.#depth += 1;
    const found = work();
    this.#depth -= 1;
    if (found === undefined) this.#at = before;
    return found;
  }
}

/** Reads the longest sum that begins at a token; undefined when none does. */
export function parseSum(tokens: readonly Token[], from: number): ParsedSum | undefined {
  const parser = new SumParser(tokens, from);
  const evaluate = parser.sum();
  if (evaluate === undefined) return undefined;
  return { length: parser.at - from, operators: parser.operators, evaluate };
}

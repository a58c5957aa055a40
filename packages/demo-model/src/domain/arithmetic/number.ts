import { CodedError } from '@cynodeai/runtime/std';

/**
 * Why a sum has no result: `division_by_zero`, `too_large` (more than about 1,000 digits), `not_real` (such as the
 * square root of a negative number).
 */
export type SumErrorCode = 'division_by_zero' | 'too_large' | 'not_real';

/** A sum without a result. */
export class SumError extends CodedError<SumErrorCode> {}

/** A fraction in lowest terms with a positive denominator, or what only floating point can say. */
export type Value =
  | { readonly kind: 'exact'; readonly num: bigint; readonly den: bigint }
  | { readonly kind: 'approximate'; readonly value: number };

type Exact = Extract<Value, { kind: 'exact' }>;

/** Largest size of a numerator or denominator, in bits: a thousand digits and a little. */
const maxBits = 3330;

function bits(value: bigint): number {
  return value.toString(16).length * 4;
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** A fraction in lowest terms. @throws SumError */
export function exact(num: bigint, den = 1n): Exact {
  if (den === 0n) throw new SumError('division_by_zero', 'division by zero has no result');
  if (bits(num) > 2 * maxBits || bits(den) > 2 * maxBits) throw tooLarge();
  const divisor = gcd(num, den < 0n ? -den : den);
  const sign = den < 0n ? -1n : 1n;
  const value = { num: (sign * num) / divisor, den: (sign * den) / divisor };
  if (bits(value.num) > maxBits || bits(value.den) > maxBits) throw tooLarge();
  return { kind: 'exact', ...value };
}

function tooLarge(): SumError {
  return new SumError('too_large', 'the numbers get larger than the 1,000 digits I work with');
}

function approximate(value: number): Value {
  if (Number.isNaN(value)) throw new SumError('not_real', 'there is no real result');
  if (!Number.isFinite(value)) throw tooLarge();
  return { kind: 'approximate', value };
}

/** The nearest floating point number. */
export function toNumber(value: Value): number {
  if (value.kind === 'approximate') return value.value;
  const { num, den } = value;
  // Shifted so that the quotient has the digits a number can hold, whatever its size.
  const shift = Math.max(0, bits(den) - bits(num) + 70);
  const near = Math.min(shift, 1000);
  return Number((num << BigInt(shift)) / den) / 2 ** near / 2 ** (shift - near);
}

/** The value of digits such as `1,000.5` or `2e-3`. */
export function parseNumber(text: string): Value {
  const [mantissa = '', exponent = '0'] = text.replaceAll(',', '').toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = BigInt(exponent) - BigInt(fraction.length);
  const digits = BigInt(`${whole}${fraction}` || '0');
  return shift < 0n ? exact(digits, 10n ** -shift) : exact(digits * 10n ** shift);
}

export function negate(value: Value): Value {
  return value.kind === 'exact' ? exact(-value.num, value.den) : approximate(-value.value);
}

/** Applies an operator to two values. @throws SumError */
export type Operator = '+' | '-' | '*' | '/' | '%' | '^';

export function calculate(operator: Operator, a: Value, b: Value): Value {
  if (a.kind === 'exact' && b.kind === 'exact') return calculateExact(operator, a, b);
  const [x, y] = [toNumber(a), toNumber(b)];
  if (y === 0 && (operator === '/' || operator === '%')) return exact(1n, 0n);
  switch (operator) {
    case '+':
      return approximate(x + y);
    case '-':
      return approximate(x - y);
    case '*':
      return approximate(x * y);
    case '/':
      return approximate(x / y);
    case '%':
      return approximate(x % y);
    case '^':
      return approximate(x ** y);
  }
}

function calculateExact(operator: Operator, a: Exact, b: Exact): Value {
  switch (operator) {
    case '+':
      return exact(a.num * b.den + b.num * a.den, a.den * b.den);
    case '-':
      return exact(a.num * b.den - b.num * a.den, a.den * b.den);
    case '*':
      return exact(a.num * b.num, a.den * b.den);
    case '/':
      return exact(a.num * b.den, a.den * b.num);
    case '%':
      return remainder(a, b);
    case '^':
      return power(a, b);
  }
}

/** What is left over, with the sign of the dividend. */
function remainder(a: Exact, b: Exact): Value {
  if (b.num === 0n) return exact(1n, 0n);
  return exact((a.num * b.den) % (b.num * a.den), a.den * b.den);
}

function power(base: Exact, exponent: Exact): Value {
  if (exponent.den !== 1n) return approximate(toNumber(base) ** toNumber(exponent));
  const times = exponent.num < 0n ? -exponent.num : exponent.num;
  const trivial = base.den === 1n && base.num >= -1n && base.num <= 1n;
  const size = BigInt(Math.max(bits(base.num), bits(base.den)) - 3);
  // Looked at before it is worked out: the result may not fit into any memory.
  if (!trivial && times * size > BigInt(2 * maxBits)) throw tooLarge();
  const steps = trivial ? (times === 0n ? 0n : 2n - (times % 2n)) : times;
  const [num, den] = [base.num ** steps, base.den ** steps];
  return exponent.num < 0n ? exact(den, num) : exact(num, den);
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerSums } from './answer-sums.ts';

const sums: readonly (readonly [string, string])[] = [
  ['17*23', '17*23 = 391'],
  ['what is 17 x 23', '17 x 23 = 391'],
  ['what is 17 × 23', '17 × 23 = 391'],
  ['17 times 23', '17 times 23 = 391'],
  ['0.1+0.2', '0.1+0.2 = 0.3'],
  ['.5 + .25', '.5 + .25 = 0.75'],
  ['2+3*4', '2+3*4 = 14'],
  ['(2+3)*4', '(2+3)*4 = 20'],
  ['10 - 4 - 3', '10 - 4 - 3 = 3'],
  ['what is 100/8', '100/8 = 12.5'],
  ['what is 10/3', '10/3 ≈ 3.33333333333 (exactly 10/3)'],
  ['what is -7/4', '-7/4 = -1.75'],
  ['calculate 7 % 3', '7 % 3 = 1'],
  ['calculate -7 % 3', '-7 % 3 = -1'],
  ['calculate 7 mod 2.5', '7 mod 2.5 = 2'],
  ['2^10', '2^10 = 1024'],
  ['2**3**2', '2**3**2 = 512'],
  ['-2^2', '-2^2 = -4'],
  ['(-2)^2', '(-2)^2 = 4'],
  ['2^-2', '2^-2 = 0.25'],
  ['2^+2', '2^+2 = 4'],
  ['0^0', '0^0 = 1'],
  ['(-1)^999999999999', '(-1)^999999999999 = -1'],
  ['2^0.5', '2^0.5 ≈ 1.41421356237'],
  ['2^0.5 * 2 - 1 + 0.5', '2^0.5 * 2 - 1 + 0.5 ≈ 2.32842712475'],
  ['-(2^0.5) / 2', '-(2^0.5) / 2 ≈ -0.707106781187'],
  ['2^0.5 % 1', '2^0.5 % 1 ≈ 0.414213562373'],
  ['(2^0.5)^3', '(2^0.5)^3 ≈ 2.82842712475'],
  ['7 squared', '7 squared = 49'],
  ['3 cubed + 1', '3 cubed + 1 = 28'],
  ['5² + 1', '5² + 1 = 26'],
  ['15% of 200', '15% of 200 = 30'],
  ['what is 15 percent of 80', '15 percent of 80 = 12'],
  ['1,000,000 * 3', '1,000,000 * 3 = 3000000'],
  ['2e3 + 1', '2e3 + 1 = 2001'],
  ['25e-2 + 0', '25e-2 + 0 = 0.25'],
  ['--5 + 1', '--5 + 1 = 6'],
  ['2^100', '2^100 = 1267650600228229401496703205376'],
  ['1/0 =', '1/0: division by zero has no result.'],
  ['5 % 0', '5 % 0: division by zero has no result.'],
  ['0^-1', '0^-1: division by zero has no result.'],
  ['2^0.5 / 0', '2^0.5 / 0: division by zero has no result.'],
  ['9^9^9^9', '9^9^9^9: the numbers get larger than the 1,000 digits I work with.'],
  ['9^900 * 9^900', '9^900 * 9^900: the numbers get larger than the 1,000 digits I work with.'],
  ['9^999.5 * 2', '9^999.5 * 2: the numbers get larger than the 1,000 digits I work with.'],
  ['(-8)^0.5', '(-8)^0.5: there is no real result.'],
];

const nothing: readonly string[] = [
  '',
  '17',
  'what is 5',
  'it takes 3-5 days',
  'and/or 1/2',
  'on 2026-11-20',
  'version 1.2.3 + 4',
  'COVID-19 + 2',
  'f(2+3)',
  '0x10 * 2 is',
  '5 apples',
  'what is 50 + 20%',
  '17px * 2em',
  '- bullet',
  '+ * / )(',
  '3 +',
  '1_000',
  '2 x',
];

describe('arithmetic', () => {
  it.each(sums)('answers %s with %s', (asked, answer) => {
    expect(answerSums(asked)).toEqual([answer]);
  });

  it.each(nothing)('finds no sum in: %s', (text) => {
    expect(answerSums(text)).toEqual([]);
  });

  it('answers every sum of a text in order, also in a list', () => {
    expect(answerSums('- 2+2\n- 3*3 and (4+4')).toEqual(['2+2 = 4', '3*3 = 9', '4+4 = 8']);
    expect(answerSums('2+3 4+5')).toEqual(['2+3 = 5', '4+5 = 9']);
  });

  it('says so when a sum is longer, deeper or larger than it reads', () => {
    expect(answerSums(`${'1+'.repeat(300)}1`)[0]).toContain('this one is longer');
    expect(answerSums(`${'('.repeat(150)}1+1${')'.repeat(150)}`).every((text) => text !== '')).toBe(
      true,
    );
    expect(answerSums(`${'9'.repeat(1001)} + 1`)).toEqual([]);
    expect(answerSums(`${'9'.repeat(130)} + 1`)).toEqual([`The result = 1${'0'.repeat(130)}`]);
  });

  it('writes fractions that do not end as fractions while they are short', () => {
    expect(answerSums('what is 1/97^20')[0]).toMatch(/^1\/97\^20 ≈ 1\.\d+e-40$/);
    expect(answerSums('what is 1/97^300')).toEqual(['1/97^300 ≈ 0 (nearer than I can write)']);
    expect(answerSums('what is 2/3')).toEqual(['2/3 ≈ 0.666666666667 (exactly 2/3)']);
  });

  /** A sum as text, and what it comes to. */
  interface Sum {
    readonly text: string;
    readonly value: bigint;
  }
  const { sum } = fc.letrec<{ sum: Sum }>((tie) => ({
    sum: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      fc.bigInt({ min: 0n, max: 10n ** 20n }).map((value) => ({ text: `${value}`, value })),
      fc
        .tuple(tie('sum'), fc.constantFrom('+', '-', '*'), tie('sum'), fc.constantFrom('', ' '))
        .map(([a, operator, b, gap]) => ({
          text: `(${a.text}${gap}${operator}${gap}${b.text})`,
          value:
            operator === '+'
              ? a.value + b.value
              : operator === '-'
                ? a.value - b.value
                : a.value * b.value,
        })),
      tie('sum').map((inner) => ({ text: `(-${inner.text})`, value: -inner.value })),
    ),
  }));

  it('agrees with exact integers, whatever the nesting', () => {
    fc.assert(
      fc.property(sum, ({ text, value }) => {
        expect(answerSums(`what is ${text} + 0`)[0]).toMatch(new RegExp(` = ${value}$`));
      }),
    );
  });

  it('gives back what division took apart', () => {
    const part = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(part, fc.integer({ min: 1, max: 1000 }), (a, b) => {
        expect(answerSums(`what is (${a}/${b})*${b} + (${a}%${b}) - (${a}%${b})`)[0]).toMatch(
          new RegExp(` = ${a}$`),
        );
      }),
    );
  });
});

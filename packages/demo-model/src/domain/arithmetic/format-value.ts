import { type Value, toNumber } from './number.ts';

/** Longest fraction that is written out exactly, in digits after the point. */
const maxFractionDigits = 30;
/** Digits of a result that cannot be written out. */
const precision = 12;

function decimal(num: bigint, den: bigint): string | undefined {
  for (let digits = 1; digits <= maxFractionDigits; digits += 1) {
    const scale = 10n ** BigInt(digits);
    if (scale % den !== 0n) continue;
    const scaled = (num < 0n ? -num : num) * (scale / den);
    const text = scaled.toString().padStart(digits + 1, '0');
    return `${num < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
  }
  return undefined;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(precision)));
}

/** ` = 391`, ` = 0.5` or, where digits do not end, ` ≈ 0.333333333333 (exactly 1/3)`. */
export function formatValue(value: Value): string {
  if (value.kind === 'approximate') return ` ≈ ${rounded(value.value)}`;
  const { num, den } = value;
  if (den === 1n) return ` = ${num}`;
  const written = decimal(num, den);
  if (written !== undefined) return ` = ${written}`;
  const fraction = `${num}/${den}`;
  const short = fraction.length <= 24 ? ` (exactly ${fraction})` : '';
  const near = toNumber(value);
  return near === 0 ? ' ≈ 0 (nearer than I can write)' : ` ≈ ${rounded(near)}${short}`;
}

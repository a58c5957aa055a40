import { RawJson } from './json-text.ts';

/** One hostile text inside JSON. */
export interface HostileText {
  readonly name: string;
  readonly json: RawJson;
  /** PostgreSQL takes it neither as `text` nor as `jsonb`. */
  readonly unstorable?: boolean;
}

const quoted = (inner: string): RawJson => new RawJson(`"${inner}"`);
const plain = (text: string): RawJson => new RawJson(JSON.stringify(text));

/** Texts that break careless readers, each carrying `mark`. */
export function hostileTexts(mark: string): readonly HostileText[] {
  return [
    { name: 'nul', json: quoted(`${mark}\\u0000x`), unstorable: true },
    { name: 'high-surrogate', json: quoted(`${mark}\\ud800`), unstorable: true },
    { name: 'low-surrogate', json: quoted(`\\udc00${mark}`), unstorable: true },
    { name: 'swapped-surrogates', json: quoted(`${mark}\\udc00\\ud800`), unstorable: true },
    { name: 'right-to-left', json: plain(`${mark}\u202e\u2066txt.exe\u2069\u200f`) },
    { name: 'combining-flood', json: plain(`${mark}e${'\u0301'.repeat(4000)}`) },
    { name: 'four-byte', json: plain(`${mark}${'\u{1f4a9}\u{10ffff}'.repeat(200)}`) },
    { name: 'controls', json: plain(`${mark}\u0001\u0007\u001b[31m\u007f\u0085\u2028\r\n`) },
    { name: 'byte-order-mark', json: plain(`\ufeff${mark}\ufffe\uffff`) },
    { name: 'format-string', json: plain(`${mark}%s%n\${jndi:ldap://x}{{7*7}}$(id)\`id\``) },
    { name: 'sql', json: plain(`${mark}'); DROP TABLE users; --`) },
    { name: 'traversal', json: plain(`../../../../${mark}/etc/passwd`) },
    { name: 'blank', json: plain(' \t\u00a0\u3000') },
    { name: 'empty', json: plain('') },
    { name: 'prototype-word', json: plain('__proto__') },
    { name: 'header-injection', json: plain(`${mark}\r\nSet-Cookie: a=b\r\n\r\n`) },
  ];
}

/** Numbers at the edges, as JSON text. */
export const edgeNumbers: readonly { readonly name: string; readonly json: RawJson }[] = [
  ['infinite', '1e400'],
  ['minus-infinite', '-1e400'],
  ['minus-zero', '-0'],
  ['zero', '0'],
  ['minus-one', '-1'],
  ['fraction', '1.5'],
  ['above-safe', '9007199254740993'],
  ['above-int32', '2147483648'],
  ['above-int64', '9223372036854775808'],
  ['largest', '1.7976931348623157e308'],
  ['tiny', '5e-324'],
  ['exponent', '1E0'],
].map(([name = '', text = '']) => ({ name, json: new RawJson(text) }));

/** Percent-encoded texts for paths and queries. */
export function hostileUrlTexts(
  mark: string,
): readonly { readonly name: string; readonly text: string }[] {
  return [
    { name: 'nul', text: `${mark}%00` },
    { name: 'bad-utf8', text: `${mark}%ff%fe` },
    { name: 'encoded-surrogate', text: `${mark}%ed%a0%80` },
    { name: 'overlong', text: `${mark}%c0%ae` },
    { name: 'broken-escape', text: `${mark}%zz%` },
    { name: 'traversal', text: `..%2f..%2f${mark}` },
    { name: 'dots', text: '%2e%2e' },
    { name: 'plain-dots', text: '..' },
    { name: 'encoded-slash', text: `a%2fb%5c${mark}` },
    { name: 'four-byte', text: `${mark}%f0%9f%92%a9` },
    { name: 'right-to-left', text: `${mark}%e2%80%ae` },
    { name: 'combining-flood', text: `e${'%cc%81'.repeat(200)}` },
    { name: 'sql', text: `${mark}%27%29%3b--` },
    { name: 'colon', text: `${mark}:x` },
    { name: 'semicolon', text: `${mark};x=1` },
    { name: 'plus', text: `${mark}+x` },
    { name: 'line-break', text: `${mark}%0d%0aX-A:%20b` },
    { name: 'prototype-word', text: '__proto__' },
    { name: 'blank', text: '%20' },
    { name: 'long-513', text: 'a'.repeat(513) },
    { name: 'long-2000', text: 'a'.repeat(2000) },
    { name: 'long-5000', text: 'a'.repeat(5000) },
    { name: 'number', text: '9'.repeat(40) },
    { name: 'minus', text: '-1' },
    { name: 'upper-uuid', text: '018F0000-0000-7000-8000-00000000000A' },
    { name: 'nil-uuid', text: '00000000-0000-0000-0000-000000000000' },
  ];
}

import { leastMaskedBytes } from '@cynodeai/contracts/common';

/** A value as it may be found in what a job writes. */
export interface SecretPattern {
  readonly bytes: Uint8Array;
  /** What may stand between its bytes without being part of it. */
  readonly between: 'nothing' | 'line_ends' | 'separators';
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The base64 of a value wherever it begins in what is encoded: without the characters it shares with its neighbours. */
function base64Forms(value: Uint8Array): string[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = new Uint8Array(before + value.length);
    padded.set(value, before);
    const text = Buffer.from(padded).toString('base64').replaceAll('=', '');
    const first = before === 0 ? 0 : before + 1;
    const whole = Math.floor(((before + value.length) * 8) / 6);
    // At the end of what is encoded its last character is its own too.
    return [text.slice(first, whole), text.slice(first)];
  });
}

/** Percent encodings: of all but the unreserved characters, of every byte, and that of forms with + for a space. */
function urlForms(value: Uint8Array): string[] {
  const percent = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  const encode = (isKept: RegExp): string =>
    Array.from(value, (byte) => {
      const char = String.fromCharCode(byte);
      return byte < 128 && isKept.test(char) ? char : percent(byte);
    }).join('');
  const strict = encode(/[A-Za-z0-9_.~-]/);
  const forms = [strict, encode(/[A-Za-z0-9_.!~*'()-]/), encode(/[A-Za-z0-9_./~-]/)];
  forms.push(strict.replaceAll('%20', '+'), encode(/$^/));
  return forms.flatMap((form) => [
    form,
    form.replace(/%[0-9A-F]{2}/g, (part) => part.toLowerCase()),
  ]);
}

/** The value itself, and each line of one that has several, as a program may print it. */
function plainForms(value: string): string[] {
  return [value.trimEnd(), ...value.split(/\r?\n/)];
}

/**
 * How a secret may look where it must not be seen: as it is, and as base64, base64url, hex or in a URL. Base64 may be
 * broken into lines, hex into groups. Empty for a value that is too short to be told from other text.
 */
export function patternsOf(value: string): readonly SecretPattern[] {
  const whole = utf8(value.trimEnd());
  if (whole.length < leastMaskedBytes) return [];
  const base64 = base64Forms(whole);
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const hex = Buffer.from(whole).toString('hex');
  const all: readonly (readonly [SecretPattern['between'], readonly string[]])[] = [
    ['nothing', [...plainForms(value), ...urlForms(whole)]],
    ['line_ends', [...base64, ...url]],
    ['separators', [hex, hex.toUpperCase()]],
  ];
  return all.flatMap(([between, texts]) =>
    [...new Set(texts)].flatMap((text) => {
      const bytes = utf8(text);
      return bytes.length < leastMaskedBytes ? [] : [{ bytes, between }];
    }),
  );
}

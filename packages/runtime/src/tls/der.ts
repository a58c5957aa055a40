/** Pieces of DER, as much of it as a certificate is made of (X.690). Nothing is read here: that is OpenSSL's. */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes]);
  const hex = bytes.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.from([0x80 | length.length, ...length]);
}

/** One value under its tag. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer =>
  tagged(tags.sequence, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => tagged(tags.set, ...parts);
export const octets = (bytes: Uint8Array): Buffer => tagged(tags.octetString, bytes);
export const utf8 = (text: string): Buffer => tagged(tags.utf8, Buffer.from(text));
export const yes = tagged(tags.boolean, Buffer.from([0xff]));

/** A positive whole number of these bytes, the highest first. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const least = first === -1 ? Buffer.from([0]) : bytes.subarray(first);
  return tagged(tags.integer, ...((least[0] ?? 0) >= 0x80 ? [Buffer.from([0])] : []), least);
}

/** Bits, of which the last byte may have some that do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer =>
  tagged(tags.bitString, Buffer.from([unused]), bytes);

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}

/** An object identifier of at least two numbers, such as `2.5.29.17`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(tags.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A moment, to the second, in the form X.509 demands for its year (RFC 5280 section 4.1.2.5). */
export function time(at: Date): Buffer {
  const text = `${at.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  return at.getUTCFullYear() < 2050
    ? tagged(tags.utcTime, Buffer.from(text.slice(2)))
    : tagged(tags.generalizedTime, Buffer.from(text));
}

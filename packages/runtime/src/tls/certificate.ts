import {
  type KeyObject,
  X509Certificate,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { Secret } from '../config/secret.ts';
import { bits, integer, objectId, octets, sequence, set, tagged, time, utf8, yes } from './der.ts';

/** A certificate and its private key (PKCS #8), both as PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: Secret;
}

/** From when to when a certificate is good. */
export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

const signature = sequence(objectId('1.2.840.10045.4.3.2'));
const commonName = objectId('2.5.4.3');

const nameOf = (text: string): Buffer => sequence(set(sequence(commonName, utf8(text))));

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [yes] : []), octets(value));
}

/** The 16-bit groups of an IPv6 address, however it is written. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').map((group) => Number.parseInt(group, 16));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // A URL writes every one as groups of hex digits, those that end like an address of IPv4 too.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')];
  const groups =
    tail === undefined
      ? before
      : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** A name or an address that a server is called by. */
function alternativeName(host: string): Buffer {
  return isIP(host) === 0
    ? tagged(0x82, Buffer.from(host, 'latin1'))
    : tagged(0x87, addressBytes(host));
}

function keyId(spki: Buffer): Buffer {
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

interface Contents {
  readonly subject: string;
  readonly issuer: string;
  readonly validity: Validity;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  /** Of the public half of `signer`. */
  readonly signerId: Buffer;
  readonly extensions: readonly Buffer[];
}

function toPem(der: Buffer): string {
  return new X509Certificate(der).toString();
}

function certify(contents: Contents): string {
  const { subject, issuer, validity, publicKey, signer, signerId, extensions } = contents;
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    signature,
    nameOf(issuer),
    sequence(time(validity.from), time(validity.until)),
    nameOf(subject),
    spki,
    tagged(
      0xa3,
      sequence(
        ...extensions,
        extension('2.5.29.14', octets(keyId(spki))),
        extension('2.5.29.35', sequence(tagged(0x80, signerId))),
      ),
    ),
  );
  return toPem(sequence(body, signature, bits(sign('sha256', body, signer))));
}

const pairOf = (): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

const pemOf = (key: KeyObject): Secret =>
  new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString());

const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

const serverExtensions = (names: readonly string[]): readonly Buffer[] => [
  extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
  extension('2.5.29.37', sequence(objectId('1.3.6.1.5.5.7.3.1'))),
  extension('2.5.29.17', sequence(...names.map(alternativeName))),
];

/** A new key with a certificate that it signed itself. */
function signOwn(name: string, validity: Validity, extensions: readonly Buffer[]): CertifiedKey {
  const { publicKey, privateKey } = pairOf();
  const certificate = certify({
    subject: name,
    issuer: name,
    validity,
    publicKey,
    signer: privateKey,
    signerId: keyId(spkiOf(publicKey)),
    extensions,
  });
  return { certificate, key: pemOf(privateKey) };
}

/** A new certificate authority that signs servers' certificates, and no further authority. */
export function createAuthority(name: string, validity: Validity): CertifiedKey {
  return signOwn(name, validity, [
    extension('2.5.29.19', sequence(yes, integer(Buffer.from([0]))), true),
    // Signs certificates and lists of revoked ones.
    extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
  ]);
}

/** A new key with a certificate for a server that is called by these names and addresses (at least one). */
export function issueCertificate(
  authority: CertifiedKey,
  names: readonly string[],
  validity: Validity,
): CertifiedKey {
  const signing = new X509Certificate(authority.certificate);
  const { publicKey, privateKey } = pairOf();
  const certificate = certify({
    subject: names[0] ?? '',
    issuer: signing.subject.replace(/^CN=/, ''),
    validity,
    publicKey,
    signer: createPrivateKey(authority.key.reveal()),
    signerId: keyId(spkiOf(signing.publicKey)),
    extensions: serverExtensions(names),
  });
  return { certificate, key: pemOf(privateKey) };
}

/** A new key with a certificate that it signed itself, for a server that is known by its certificate alone. */
export function createSelfSigned(names: readonly string[], validity: Validity): CertifiedKey {
  return signOwn(names[0] ?? '', validity, serverExtensions(names));
}

/** All certificates of a PEM text, in its order. @throws Error for one that cannot be read */
export function certificatesOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** SHA-256 of a certificate as people compare it: 32 bytes in hex, in upper case, with colons. */
export function fingerprintOf(certificate: X509Certificate | string): string {
  return new X509Certificate(typeof certificate === 'string' ? certificate : certificate.raw)
    .fingerprint256;
}

/** The same fingerprint however it is written: hex with or without colons, in any case; undefined when it is none. */
export function readFingerprint(text: string): string | undefined {
  const hex = text
    .trim()
    .replace(/^sha256:/i, '')
    .replaceAll(':', '')
    .toUpperCase();
  return /^[0-9A-F]{64}$/.test(hex) ? (hex.match(/../g) ?? []).join(':') : undefined;
}

import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Secret } from '@cynodeai/runtime/config';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { messageOf } from '@cynodeai/runtime/std';
import {
  type CertifiedKey,
  certificatesOf,
  createAuthority,
  fingerprintOf,
  issueCertificate,
} from '@cynodeai/runtime/tls';
import { LauncherError } from '../base/launcher-error.ts';
import { readIfThere, readOrCreate } from './files.ts';
import { type FarDoor, type ListenChoice, calledBy } from './listen-choice.ts';
import type { HomePaths } from './paths.ts';

const dayMs = 86_400_000;
const authorityMs = 3650 * dayMs;
const serverMs = 90 * dayMs;
const renewBeforeMs = 30 * dayMs;

const doors: readonly FarDoor[] = ['user-gateway', 'control-plane'];

/** The folder that one role alone may read. */
export function certificateDir(paths: Pick<HomePaths, 'tls'>, door: FarDoor): string {
  return join(paths.tls, door);
}

/** Certificate, chain and key of a role's door, in one file so that they change together. */
export function certificateFile(paths: Pick<HomePaths, 'tls'>, door: FarDoor): string {
  return join(certificateDir(paths, door), 'server.pem');
}

const keyOf = (pem: string): string =>
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----\n?/.exec(pem)?.[0] ??
  '';

function openAuthority(paths: Pick<HomePaths, 'secrets'>, now: Date): CertifiedKey {
  const pem = readOrCreate(join(paths.secrets, 'tls-authority.pem'), () => {
    const validity = {
      from: new Date(now.getTime() - dayMs),
      until: new Date(now.getTime() + authorityMs),
    };
    const { certificate, key } = createAuthority('CyNode', validity);
    return certificate + key.reveal();
  });
  const [certificate = ''] = certificatesOf(pem).map(String);
  return { certificate, key: new Secret(keyOf(pem)) };
}

/** What of the door's certificate others should pin: its authority, or none where the system's authorities know it. */
export function pinnedFingerprint(
  paths: Pick<HomePaths, 'secrets'>,
  { certificate }: ListenChoice,
): string | undefined {
  if (certificate === undefined) return fingerprintOf(openAuthority(paths, new Date()).certificate);
  const top = certificatesOf(readFileSync(certificate.file, 'utf8')).at(-1);
  return top?.verify(top.publicKey) === true ? fingerprintOf(top) : undefined;
}

const alternativeNames = (certificate: X509Certificate): readonly string[] =>
  certificate.subjectAltName?.split(', ').map((one) => one.replace(/^[^:]*:/, '')) ?? [];

const isFor = (certificate: X509Certificate, name: string): boolean =>
  (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;

function isGood(pem: string | undefined, names: readonly string[], by: CertifiedKey, now: Date) {
  try {
    const [own] = certificatesOf(pem ?? '');
    if (own === undefined) return false;
    return (
      own.validToDate.getTime() - now.getTime() > renewBeforeMs &&
      own.checkPrivateKey(createPrivateKey(keyOf(pem ?? ''))) &&
      own.verify(new X509Certificate(by.certificate).publicKey) &&
      names.every((name) => isFor(own, name)) &&
      alternativeNames(own).length === names.length
    );
  } catch {
    return false;
  }
}

/** What stands in files of one's own. @throws LauncherError `usage` for a pair that cannot be used */
export function readOwnFiles({ file, key }: NonNullable<ListenChoice['certificate']>): string {
  try {
    const certificate = readFileSync(file, 'utf8');
    const privateKey = readFileSync(key, 'utf8');
    const [first] = certificatesOf(certificate);
    if (first === undefined) throw new Error(`${file} has no certificate`);
    if (!first.checkPrivateKey(createPrivateKey(privateKey))) {
      throw new Error(`${key} is not the key of the first certificate of ${file}`);
    }
    if (first.validToDate < new Date()) throw new Error(`${file} has ended`);
    return `${certificate.trimEnd()}\n${privateKey}`;
  } catch (cause) {
    throw new LauncherError(
      'usage',
      `the certificate of --tls-cert and --tls-key cannot be used: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function put(file: string, pem: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileAtomicSync(file, pem);
}

/**
 * Sees that both doors have a certificate for the names and addresses of this machine that is good for a month more;
 * servers take over by themselves what is written.
 * @param options.renew makes new ones in any case
 * @returns the doors whose certificate is another one now
 * @throws LauncherError `usage` for files of one's own that cannot be used
 */
export function settleCertificates(
  paths: Pick<HomePaths, 'tls' | 'secrets'>,
  listen: ListenChoice,
  { renew = false, now = new Date() }: { readonly renew?: boolean; readonly now?: Date } = {},
): readonly FarDoor[] {
  const own = listen.certificate && readOwnFiles(listen.certificate);
  const names = calledBy(listen);
  const authority = own === undefined ? openAuthority(paths, now) : undefined;
  return doors.filter((door) => {
    const file = certificateFile(paths, door);
    const there = readIfThere(file);
    if (authority === undefined) {
      if (own === undefined || there === own) return false;
      put(file, own);
      return true;
    }
    if (!renew && isGood(there, names, authority, now)) return false;
    const validity = {
      from: new Date(now.getTime() - dayMs),
      until: new Date(now.getTime() + serverMs),
    };
    const made = issueCertificate(authority, names, validity);
    put(file, made.certificate + authority.certificate + made.key.reveal());
    return true;
  });
}

/** The certificate that a door shows once its server has taken it over; undefined when there is none. */
export function currentCertificate(
  paths: Pick<HomePaths, 'tls'>,
  door: FarDoor,
): X509Certificate | undefined {
  return certificatesOf(readIfThere(certificateFile(paths, door)) ?? '')[0];
}

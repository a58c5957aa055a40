import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, createSelfSigned, issueCertificate } from '@cynodeai/runtime/tls';
import { temporaryDirectory } from '@cynodeai/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  certificateFile,
  currentCertificate,
  pinnedFingerprint,
  settleCertificates,
} from '../src/install/certificates.ts';
import { type ListenChoice, parseListenChoice } from '../src/install/listen-choice.ts';
import { pathsOf } from '../src/install/paths.ts';

const day = 86_400_000;
const from = (days: number): Date => new Date(Date.now() + days * day);
const both = ['user-gateway', 'control-plane'];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let paths: ReturnType<typeof pathsOf>;
const listen = parseListenChoice('192.0.2.7', ['engine.example'], undefined);

beforeEach(async () => {
  directory = await temporaryDirectory();
  paths = pathsOf(directory.path);
  mkdirSync(paths.secrets);
});
afterEach(() => directory.remove());

const shown = () =>
  both.map((door) => currentCertificate(paths, door as 'user-gateway')?.fingerprint256);

describe('the certificates of an install', () => {
  it('are made once, one for each door, by an authority whose key nobody else can read', () => {
    expect(settleCertificates(paths, listen)).toEqual(both);
    const before = shown();
    expect(new Set(before).size).toBe(2);
    expect(settleCertificates(paths, listen)).toEqual([]);
    expect(shown()).toEqual(before);
    const authority = new X509Certificate(readFileSync(join(paths.secrets, 'tls-authority.pem')));
    const own = currentCertificate(paths, 'user-gateway');
    expect(own?.verify(authority.publicKey)).toBe(true);
    expect([own?.checkHost('engine.example'), own?.checkIP('192.0.2.7')]).not.toContain(undefined);
    expect(pinnedFingerprint(paths, listen)).toBe(authority.fingerprint256);
    for (const file of [
      join(paths.secrets, 'tls-authority.pem'),
      certificateFile(paths, 'user-gateway'),
    ]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(certificateFile(paths, 'user-gateway'), 'utf8')).not.toContain(
      /PRIVATE KEY-----\n([\s\S]*?)\n-----END/.exec(
        readFileSync(join(paths.secrets, 'tls-authority.pem'), 'utf8'),
      )?.[1],
    );
  });

  it('are made anew a month before they end, for another name, when damaged, and on demand', () => {
    settleCertificates(paths, listen);
    expect(settleCertificates(paths, listen, { now: from(59) })).toEqual([]);
    expect(settleCertificates(paths, listen, { now: from(61) })).toEqual(both);
    const fewer: ListenChoice = { ...listen, names: [] };
    expect(settleCertificates(paths, fewer)).toEqual(both);
    expect(settleCertificates(paths, fewer)).toEqual([]);
    writeFileSync(certificateFile(paths, 'user-gateway'), 'x');
    expect(settleCertificates(paths, fewer)).toEqual(['user-gateway']);
    expect(settleCertificates(paths, fewer, { renew: true })).toEqual(both);
  });

  it('of one’s own are taken as they are, and again when they were replaced', () => {
    const file = join(directory.path, 'own.crt');
    const key = join(directory.path, 'own.key');
    const own: ListenChoice = { ...listen, certificate: { file, key } };
    const validity = { from: from(-1), until: from(10) };
    const write = (made: ReturnType<typeof createSelfSigned>, chain = ''): void => {
      writeFileSync(file, made.certificate + chain);
      writeFileSync(key, made.key.reveal());
    };
    const first = createSelfSigned(['engine.example'], validity);
    write(first);
    expect(settleCertificates(paths, own)).toEqual(both);
    expect(settleCertificates(paths, own)).toEqual([]);
    expect(new Set(shown())).toEqual(
      new Set([new X509Certificate(first.certificate).fingerprint256]),
    );
    expect(pinnedFingerprint(paths, own)).toBe(shown()[0]);
    const authority = createAuthority('x', validity);
    const second = issueCertificate(authority, ['engine.example'], validity);
    write(second, authority.certificate);
    expect(settleCertificates(paths, own)).toEqual(both);
    expect(pinnedFingerprint(paths, own)).toBe(
      new X509Certificate(authority.certificate).fingerprint256,
    );
    // Its authority is somewhere else: a matter of the system.
    write(second);
    expect(pinnedFingerprint(paths, own)).toBeUndefined();
    const before = shown();
    writeFileSync(key, first.key.reveal());
    expect(() => settleCertificates(paths, own)).toThrow('is not the key of');
    write(createSelfSigned(['x'], { from: from(-2), until: from(-1) }));
    expect(() => settleCertificates(paths, own)).toThrow('has ended');
    expect(shown()).toEqual(before);
  });
});

import { certificatesOf } from '@cynodeai/runtime/tls';
import { temporaryDirectory } from '@cynodeai/testing';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkerCertificate } from './worker-certificate.ts';

const now = new Date('2026-12-01T00:00:00Z');
const years = (count: number): Date => new Date(now.getTime() + count * 365 * 86_400_000);

it('the certificate of a Worker API is made once, and anew when it is damaged or ends within a year', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'worker-api.pem');
  const first = await openWorkerCertificate(path, 'node-a', now);
  expect(certificatesOf(first)[0]?.subject).toBe('CN=node-a');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).toContain('PRIVATE KEY');
  expect(first).not.toContain('PRIVATE KEY');
  expect(await openWorkerCertificate(path, 'node-a', years(8))).toBe(first);
  const second = await openWorkerCertificate(path, 'node-a', years(9.5));
  expect(second).not.toBe(first);
  const damaged = [
    '',
    'x',
    first.replace(/[A-Z]{6}/, '??????'),
    `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  ];
  for (const text of damaged) {
    await writeFile(path, text);
    const made = await openWorkerCertificate(path, 'node-a', now);
    expect(certificatesOf(made)).toHaveLength(1);
    expect(await openWorkerCertificate(path, 'node-a', now)).toBe(made);
  }
  // A certificate whose key is gone.
  await writeFile(path, first);
  expect(await openWorkerCertificate(path, 'node-a', now)).not.toBe(first);
});

import { writeFileAtomic } from '@cynodeai/runtime/files';
import { errorCodeOf } from '@cynodeai/runtime/std';
import { certificatesOf, createSelfSigned } from '@cynodeai/runtime/tls';
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';

const dayMs = 86_400_000;
/** The orchestrator knows it by itself alone, and is told of another one by the next report. */
const lifetimeMs = 3650 * dayMs;
const renewBeforeMs = 365 * dayMs;

async function usable(path: string, now: Date): Promise<string | undefined> {
  try {
    const pem = await readFile(path, 'utf8');
    const [certificate] = certificatesOf(pem);
    const until = certificate?.validToDate.getTime() ?? 0;
    if (certificate === undefined || until - now.getTime() <= renewBeforeMs) return undefined;
    return certificate.checkPrivateKey(createPrivateKey(pem)) ? certificate.toString() : undefined;
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT' || errorCodeOf(error)?.startsWith('ERR_OSSL')) {
      return undefined;
    }
    throw error;
  }
}

/**
 * The certificate of the Worker API, PEM, which the node signs itself; it stands with its key in a file that only the
 * node's user can read, and is made when there is none, a damaged one, or one that ends within a year.
 * See docs/reference/machines.md#certificates.
 */
export async function openWorkerCertificate(
  path: string,
  slug: string,
  now: Date,
): Promise<string> {
  const known = await usable(path, now);
  if (known !== undefined) return known;
  // A day back, for clocks that differ.
  const validity = {
    from: new Date(now.getTime() - dayMs),
    until: new Date(now.getTime() + lifetimeMs),
  };
  const { certificate, key } = createSelfSigned([slug], validity);
  await writeFileAtomic(path, certificate + key.reveal());
  return certificate;
}

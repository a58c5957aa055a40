import { X509Certificate } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';

/** Whom a client takes a server's word from, in place of the authorities of the system. */
export interface ServerTrust {
  /** Certificates, PEM: of authorities, or with `exact` the server's own. */
  readonly certificates: string;
  /** The one certificate is the server's name, whatever it is called by. */
  readonly exact?: boolean;
}

/**
 * Who told its certificate is believed with that one alone: no secret goes over a connection that shows another.
 * Without one what the system trusts counts.
 */
export function exactTrust(certificate: string | undefined): ServerTrust | undefined {
  return certificate === undefined ? undefined : { certificates: certificate, exact: true };
}

/** Of what is no certificate there is none; it is the word of whoever told it. */
function fingerprintOf(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return undefined;
  }
}

/** The same for Node. See docs/reference/machines.md#certificates. */
export function trustOptions(
  trust: ServerTrust | undefined,
): Pick<ConnectionOptions, 'allowPartialTrustChain' | 'ca' | 'checkServerIdentity'> {
  if (trust === undefined) return {};
  const { certificates: ca, exact = false } = trust;
  // Who shows no root, as most do, is known by the last certificate that it shows.
  const own = { ca, allowPartialTrustChain: true } as const;
  if (!exact) return own;
  return {
    ...own,
    checkServerIdentity: (_host, { fingerprint256 }) =>
      fingerprint256 === fingerprintOf(ca)
        ? undefined
        : Object.assign(new Error('the server shows another certificate than it was known by'), {
            code: 'ERR_TLS_PINNED_OTHER',
          }),
  };
}

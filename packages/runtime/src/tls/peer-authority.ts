import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { type TLSSocket, connect } from 'node:tls';
import { CodedError } from '../std/index.ts';
import { fingerprintOf } from './certificate.ts';

/** `pin_mismatch`: no certificate there has the fingerprint. `not_tls`: what answers speaks no TLS. */
export class PeerError extends CodedError<'unreachable' | 'not_tls' | 'pin_mismatch'> {}

export interface PeerOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Longest chain that is looked at. */
const maxChain = 8;

function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < maxChain) {
    chain.push(next);
    const issuer: X509Certificate | undefined = next.issuerCertificate;
    if (issuer === undefined || issuer.fingerprint256 === next.fingerprint256) break;
    next = issuer;
  }
  return chain;
}

/** Opens a connection behind TLS. @throws PeerError `unreachable`, `not_tls`; whatever else TLS says of a certificate */
async function opened<T>(
  url: URL,
  { timeoutMs, signal: given }: PeerOptions,
  rejectUnauthorized: boolean,
  use: (socket: TLSSocket) => T,
): Promise<T> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({
    host,
    port: Number(url.port || 443),
    rejectUnauthorized,
    ...(isIP(host) === 0 && { servername: host }),
  });
  const late = AbortSignal.timeout(timeoutMs);
  const signal = given ? AbortSignal.any([given, late]) : late;
  try {
    await once(socket, 'secureConnect', { signal });
    return use(socket);
  } catch (error) {
    given?.throwIfAborted();
    throw error;
  } finally {
    socket.destroy();
  }
}

/** Whether the authorities of the system vouch for a server. @throws PeerError `unreachable`, `not_tls` */
export async function isTrusted(url: URL, options: PeerOptions): Promise<boolean> {
  await shownCertificates(url, options);
  return opened(url, options, true, () => true).catch(() => {
    options.signal?.throwIfAborted();
    return false;
  });
}

/**
 * The certificates a server shows, its own first and its authority last. Nothing is said to it, nothing it shows is
 * believed: whoever asks compares a fingerprint, and only then calls with the certificate as the one to trust.
 * @throws PeerError `unreachable`, `not_tls`
 */
export async function shownCertificates(
  url: URL,
  options: PeerOptions,
): Promise<readonly X509Certificate[]> {
  try {
    return await opened(url, options, false, chainOf);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw peerErrorOf(url, error);
  }
}

function peerErrorOf(url: URL, error: unknown): PeerError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const cause = { cause: error };
  if (/^(?:ERR_SSL|EPROTO|ECONNRESET)/.test(code)) {
    return new PeerError('not_tls', `what answers at ${url.host} speaks no TLS`, cause);
  }
  const why = code === 'ABORT_ERR' ? 'it took too long to answer' : code || 'no connection';
  return new PeerError('unreachable', `no answer from ${url.host}: ${why}`, cause);
}

/**
 * The certificate with this fingerprint among those that a server shows, as PEM: what its calls are to trust.
 * @throws PeerError
 */
export async function pinnedCertificate(
  url: URL,
  fingerprint: string,
  options: PeerOptions,
): Promise<string> {
  const shown = await shownCertificates(url, options);
  const found = shown.find((one) => one.fingerprint256 === fingerprint);
  if (found !== undefined) return found.toString();
  const last = shown.at(-1);
  throw new PeerError(
    'pin_mismatch',
    `the server at ${url.host} is another than the one that was named: its fingerprint is ${last === undefined ? 'none' : fingerprintOf(last)}, not ${fingerprint}`,
  );
}

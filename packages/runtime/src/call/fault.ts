import { at, errorCodeOf } from '../std/index.ts';

/** Faults that happen before a request can have left. */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_NODATA',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ERR_CONNECT_TIMEOUT',
  'ERR_NOT_PROVEN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_PINNED_OTHER',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'EPROTO',
]);

/** Codes of a failed call: the error's own, those of its causes and of the single failures of an aggregate. */
export function faultCodes(error: unknown): readonly string[] {
  const code = errorCodeOf(error);
  const own = code === undefined ? [] : [code];
  const parts = at(error, 'errors');
  const inner = Array.isArray(parts) ? parts.flatMap(faultCodes) : [];
  const cause = at(error, 'cause');
  return [...own, ...inner, ...(cause === undefined ? [] : faultCodes(cause))];
}

/** True when the request of a failed call cannot have left: no connection, no such host, TLS refused. */
export function wasNeverSent(error: unknown): boolean {
  const codes = faultCodes(error);
  return codes.length > 0 && codes.every((code) => unsentCodes.has(code));
}

import { isRecord, parseJsonOr } from '@cynodeai/runtime/std';

/** What a body is, as far as the door has to know it. */
export type ReadMessage =
  | { readonly kind: 'unreadable'; readonly text: string }
  | { readonly kind: 'batch' }
  | {
      readonly kind: 'message';
      readonly message: unknown;
      /** Whether its revision has sessions; the one without says its version in every message. */
      readonly era: 'sessions' | 'stateless';
      readonly isInitialize: boolean;
      /** The revision an `initialize` asks for. */
      readonly version: string | undefined;
      /** The request of the same session that its client gives up. */
      readonly givesUp: string | number | undefined;
    };

const versionKey = 'io.modelcontextprotocol/protocolVersion';

function hasVersion(params: unknown): boolean {
  if (!isRecord(params) || !isRecord(params['_meta'])) return false;
  return versionKey in params['_meta'];
}

function requestIdOf(params: unknown): string | number | undefined {
  const id = isRecord(params) ? params['requestId'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** The first revision without sessions. */
const stateless = '2026-07-28';

/**
 * Looks at a message without checking it: that is for the protocol's own library.
 * @param header the revision that the header says, if any
 */
export function readMessage(bytes: Buffer, header: string | undefined): ReadMessage {
  const text = bytes.toString('utf8');
  const message = parseJsonOr(text);
  if (message === undefined) return { kind: 'unreadable', text };
  if (Array.isArray(message)) return { kind: 'batch' };
  const { method, params } = isRecord(message) ? message : {};
  const isInitialize = method === 'initialize';
  const version = isRecord(params) ? params['protocolVersion'] : undefined;
  return {
    kind: 'message',
    message,
    era: hasVersion(params) || (header ?? '') >= stateless ? 'stateless' : 'sessions',
    isInitialize,
    version: typeof version === 'string' ? version : undefined,
    givesUp: method === 'notifications/cancelled' ? requestIdOf(params) : undefined,
  };
}

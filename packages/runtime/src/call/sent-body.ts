import type { Route } from '@cynodeai/contracts/common';
import type { AnyCallInput } from './call-input.ts';
import { type CallLimit, pieceBytes, piecesOf } from './call-limit.ts';
import { formBody } from './form-body.ts';

/** The body of a call as it goes out. */
export interface SentBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | AsyncIterable<Uint8Array>;
  /** What the source of a streamed body threw. */
  readonly fault: () => { readonly error: unknown } | undefined;
}

function streamed(
  type: string,
  sizeBytes: number,
  chunks: AsyncIterable<Uint8Array>,
  limit: CallLimit,
): SentBody {
  let fault: { readonly error: unknown } | undefined;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      fault = { error };
      throw error;
    }
  }
  async function* watched(): AsyncGenerator<Uint8Array> {
    // Whoever gives the sending up throws into this generator; only what its source throws is the source's fault.
    for await (const chunk of source()) {
      limit.progress();
      yield chunk;
    }
  }
  return {
    headers: { 'content-type': type, 'content-length': String(sizeBytes) },
    body: watched(),
    fault: () => fault,
  };
}

/** A form when there are files to send, raw content, else JSON; undefined when nothing is sent. */
export function sentBodyOf(
  route: Route,
  { body, files, content }: AnyCallInput,
  limit: CallLimit,
): SentBody | undefined {
  if (content !== undefined) {
    return streamed('application/octet-stream', content.sizeBytes, content.chunks, limit);
  }
  if (route.form !== undefined && files !== undefined && files.length > 0) {
    const form = formBody(route.form, body, files);
    return streamed(form.contentType, form.sizeBytes, form.chunks(), limit);
  }
  if (body === undefined) return undefined;
  const bytes = Buffer.from(JSON.stringify(body));
  if (bytes.length <= pieceBytes) {
    const headers = { 'content-type': 'application/json', 'content-length': String(bytes.length) };
    return { headers, body: bytes, fault: () => undefined };
  }
  return streamed('application/json', bytes.length, piecesOf(bytes, limit), limit);
}

import { once } from 'node:events';
import type { ModelCall } from './model-call.ts';

/** Writes one chunk and waits while the client is slow. @throws AbortError when the client left */
export async function writeChunk({ response, signal }: ModelCall, chunk: string): Promise<void> {
  signal.throwIfAborted();
  if (!response.write(chunk)) await once(response, 'drain', { signal });
}

/** Opens an answer that arrives in chunks; headers go out with the first one, nothing is held back. */
export function openStream({ response }: ModelCall, contentType: string): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': contentType });
}

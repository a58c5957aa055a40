import {
  type OllamaPullLine,
  ollamaModelRequestSchema,
  canonicalModel,
} from '@cynodeai/contracts/model';
import { messageOf } from '@cynodeai/runtime/std';
import { ModelError } from '../../domain/model-error.ts';
import type { ModelBackend } from '../../ports/model-backend.ts';
import { type ModelCall, sendJson } from './model-call.ts';
import { parseBody } from './parse-body.ts';
import { openStream, writeChunk } from './write-stream.ts';

/** `POST /api/pull`: progress as NDJSON; a failure is the last line of a stream that began with 200. */
export async function ollamaPull(call: ModelCall, backend: ModelBackend): Promise<void> {
  const body = parseBody(call, ollamaModelRequestSchema);
  const name = [body.model, body.name].find((candidate) => (candidate ?? '') !== '');
  if (typeof name !== 'string') throw new ModelError('invalid', 'model is required');
  const lines = backend.pull(canonicalModel(name), call.signal);
  if (body.stream === false) {
    let last: OllamaPullLine = {};
    for await (const line of lines) last = line;
    if (last.error !== undefined) throw new ModelError('failed', last.error);
    sendJson(call, 200, last);
    return;
  }
  openStream(call, 'application/x-ndjson');
  try {
    for await (const line of lines) await writeChunk(call, `${JSON.stringify(line)}\n`);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    await writeChunk(call, `${JSON.stringify({ error: messageOf(error) })}\n`);
  }
  call.response.end();
}

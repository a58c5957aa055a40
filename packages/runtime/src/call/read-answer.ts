import type { ResponseBody } from '@cynodeai/contracts/common';
import { type Arrived, readText } from './arrived.ts';
import { CallError } from './call-error.ts';
import type { Reading } from './lenient-schema.ts';

/**
 * The body of a success that is no stream. @throws CallError `bad_answer` naming the field at fault, `too_large` above
 * `maxBytes`
 */
export async function readBody(
  arrived: Arrived,
  declared: Exclude<ResponseBody, { kind: 'bytes' | 'event-stream' }>,
  { maxBytes, reading }: { readonly maxBytes: number; readonly reading: Reading },
): Promise<unknown> {
  const { text, whole } = await readText(arrived, maxBytes);
  if (!whole) {
    const { status } = arrived.response;
    const { requestId } = arrived;
    const message = `the answer is larger than ${maxBytes} bytes`;
    throw new CallError('too_large', message, { status, requestId });
  }
  if (declared.kind === 'json') {
    // Loaded by those who read JSON: a health check does without schemas.
    const { readJson } = await import('./read-json.ts');
    return readJson(arrived, text, declared.schema, reading);
  }
  return declared.kind === 'text' ? text : undefined;
}

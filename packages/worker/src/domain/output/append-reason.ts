import { type StreamBytes, limits } from '@cynodeai/contracts/common';
import { truncateUtf8 } from '@cynodeai/runtime/std';
import type { CollectedOutput } from './output-collector.ts';

const lineOf = (reason: string): string => `cynode: ${reason}\n`;

/** The same with the bytes of a stream that is no text: nothing the job wrote goes for it. */
export function appendReasonBytes({ head, tail }: StreamBytes, reason: string): StreamBytes {
  const [begin, end] = [head, tail?.bytes ?? ''].map((text) => Buffer.from(text, 'base64'));
  const kept = tail === undefined ? begin : end;
  const gap = kept === undefined || kept.length === 0 || kept.at(-1) === 10 ? '' : '\n';
  const said = Buffer.concat([kept ?? Buffer.alloc(0), Buffer.from(`${gap}${lineOf(reason)}`)]);
  if (tail === undefined && said.length <= limits.outputStreamBytes) {
    return { head: said.toString('base64') };
  }
  const last = tail === undefined ? said.subarray(begin?.length) : said;
  const beyond = Math.max(0, last.length - limits.outputTailBytes);
  const bytes = last.subarray(beyond).toString('base64');
  return { head, tail: { omitted_bytes: (tail?.omitted_bytes ?? 0) + beyond, bytes } };
}

/**
 * Puts the node's own short reason on the last line of a stream, cutting what the job wrote when
 * both do not fit in `maxBytes`. See docs/reference/worker-api.md#run-results and
 * docs/reference/worker-api.md#stops.
 */
export function appendReason(
  output: CollectedOutput,
  reason: string,
  maxBytes = Number.MAX_SAFE_INTEGER,
): CollectedOutput {
  const line = lineOf(reason);
  const lineBytes = new TextEncoder().encode(line).length;
  const head = truncateUtf8(output.text, maxBytes - lineBytes - 1);
  const gap = head.text === '' || head.text.endsWith('\n') ? '' : '\n';
  return { text: `${head.text}${gap}${line}`, truncated: output.truncated || head.truncated };
}

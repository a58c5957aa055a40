import { truncateUtf8 } from '@cynodeai/runtime/std';
import type { CollectedOutput } from './output-collector.ts';

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
  const line = `cynode: ${reason}\n`;
  const lineBytes = new TextEncoder().encode(line).length;
  const head = truncateUtf8(output.text, maxBytes - lineBytes - 1);
  const gap = head.text === '' || head.text.endsWith('\n') ? '' : '\n';
  return { text: `${head.text}${gap}${line}`, truncated: output.truncated || head.truncated };
}

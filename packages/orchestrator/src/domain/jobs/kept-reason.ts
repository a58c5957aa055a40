import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';

/** Longest kept reason, bytes of UTF-8. */
const reasonBytes = 2048;

/** Why something happened to a job or a node, as it is stored. */
export function keptReason(reason: string): string {
  return truncateUtf8(storableText(reason), reasonBytes).text;
}

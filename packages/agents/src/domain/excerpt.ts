import { endOfUtf8, truncateUtf8 } from '@cynodeai/runtime/std';
import { utf8Bytes } from '@cynodeai/contracts/common';

/** What a state keeps of one stream, bytes: head and tail, with what is left out said between them. */
export const excerptBytes = 8 * 1024;

/** Room for the words between head and tail. */
const gapBytes = 64;

/** Head and tail of a text, whole where it fits; never cut inside a character. */
export function excerptOf(text: string, maxBytes = excerptBytes): string {
  const bytes = utf8Bytes(text);
  if (bytes <= maxBytes) return text;
  const half = Math.floor((maxBytes - gapBytes) / 2);
  const head = truncateUtf8(text, half).text;
  const tail = endOfUtf8(text, half).text;
  const left = bytes - utf8Bytes(head) - utf8Bytes(tail);
  return `${head}\n[${left} bytes left out]\n${tail}`;
}

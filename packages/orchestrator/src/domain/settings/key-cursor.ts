import { OrchestratorError } from '../errors.ts';
import type { Seal } from '../tasks/page-cursor.ts';

/** An opaque cursor for the page after a key. See docs/reference/http.md#pages. */
export function encodeKeyCursor(key: string, seal: Seal): string {
  return `${seal(key)}.${encodeURIComponent(key)}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Reads a cursor. @throws OrchestratorError `input_invalid` for one that was not made here. */
export function decodeKeyCursor(cursor: string, seal: Seal): string {
  const dot = cursor.indexOf('.');
  const key = decoded(cursor.slice(dot + 1));
  if (dot > 0 && key !== undefined && cursor === encodeKeyCursor(key, seal)) return key;
  throw new OrchestratorError('input_invalid', 'the cursor is not valid; start again without one', {
    field: 'cursor',
  });
}

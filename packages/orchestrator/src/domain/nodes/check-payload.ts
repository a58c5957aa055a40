import { isStorableText } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../errors.ts';

/** Deeper than any payload has reason to be, and safe for every recursive reader behind this check. */
const maxDepth = 64;

function refuse(path: string, why: string): never {
  throw new OrchestratorError('input_invalid', why, { field: path.slice(0, 200) });
}

function checkText(text: string, path: string): void {
  if (!isStorableText(text)) refuse(path, 'must not contain U+0000 or lone surrogates');
}

/**
 * Refuses a payload whose unknown parts could not be kept: text the database cannot store, numbers
 * beyond a double, nesting without end. See docs/reference/database.md#conventions.
 * @throws OrchestratorError `input_invalid`.
 */
export function checkPayload(payload: unknown): void {
  const pending: { value: unknown; path: string; depth: number }[] = [
    { value: payload, path: '', depth: 0 },
  ];
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    const { value, path, depth } = entry;
    if (typeof value === 'string') checkText(value, path);
    if (typeof value === 'number' && !Number.isFinite(value))
      refuse(path, 'must be a finite number');
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= maxDepth) refuse(path, `must not be nested deeper than ${maxDepth} levels`);
    for (const [key, item] of Object.entries(value)) {
      checkText(key, path);
      pending.push({ value: item, path: path === '' ? key : `${path}.${key}`, depth: depth + 1 });
    }
  }
}

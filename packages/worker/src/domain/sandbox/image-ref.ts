import { normaliseImageRef } from '@cynodeai/contracts/common';

/**
 * Whether a normalised reference is on the list; references are compared exactly.
 * See docs/reference/sandbox.md#images.
 */
export function isImageAllowed(image: string, allowed: readonly string[] | undefined): boolean {
  return allowed === undefined || allowed.some((entry) => normaliseImageRef(entry) === image);
}

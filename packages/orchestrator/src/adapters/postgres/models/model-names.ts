import { canonicalModel } from '@cynodeai/contracts/model';

/**
 * A model as the registry keeps it: name, and tag as version.
 * See docs/reference/database.md#conventions.
 */
export function splitModelRef(ref: string): { readonly name: string; readonly version: string } {
  const tagged = canonicalModel(ref);
  const colon = tagged.lastIndexOf(':');
  return { name: tagged.slice(0, colon), version: tagged.slice(colon + 1) };
}

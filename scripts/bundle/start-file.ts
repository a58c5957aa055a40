import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { at, parseJsonOr } from '@cynodeai/runtime/std';

export interface BundleOptions {
  readonly checkout: string;
  /** The module to start, below the checkout. */
  readonly entry: string;
  /** Where the bundle goes, below the checkout; `start.mjs` in it is what to run. */
  readonly folder: string;
}

/** Paths below the checkout with the time of their last change, ms; a write of any kind moves it. */
export type Inputs = Map<string, number>;

/** The module that runs the bundle as long as it is that of the checkout, and the sources otherwise. */
export function startText(
  { checkout, entry, folder }: BundleOptions,
  inputs: Inputs,
  name: string,
): string {
  const root = relative(join(checkout, folder), checkout);
  return `// Made by scripts/bundle.ts. Runs the bundle while its sources are as they were, else the sources themselves.
const { statSync } = process.getBuiltinModule('node:fs');
const root = import.meta.dirname + ${JSON.stringify(`/${root}/`)};
const inputs = ${JSON.stringify([...inputs])};
const fresh = inputs.every(
  ([path, changedMs]) => statSync(root + path, { throwIfNoEntry: false })?.ctimeMs === changedMs,
);
await import(fresh ? ${JSON.stringify(`./${name}/main.mjs`)} : ${JSON.stringify(`./${root}/${entry}`)});
`;
}

/** True when there is a bundle and it is that of the checkout. */
export function isBundleFresh({ checkout, folder }: BundleOptions): boolean {
  const start = join(checkout, folder, 'start.mjs');
  const text = existsSync(start) ? readFileSync(start, 'utf8') : '';
  const [, json = ''] = /^const inputs = (\[.*\]);$/m.exec(text) ?? [];
  const inputs = parseJsonOr(json);
  if (!Array.isArray(inputs)) return false;
  return inputs.every((input) => {
    const found = statSync(join(checkout, String(at(input, 0))), { throwIfNoEntry: false });
    return found !== undefined && found.ctimeMs === at(input, 1);
  });
}

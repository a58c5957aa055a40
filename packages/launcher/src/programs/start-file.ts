import { at, parseJsonOr } from '@cynodeai/runtime/std';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Program } from './table.ts';

/** What of a program decides about its bundle. */
export type Bundled = Pick<Program, 'name' | 'entry' | 'inParts'>;

/** Paths below the checkout with the time of their last change, ms; a write of any kind moves it. */
export type Inputs = Map<string, number>;

/** Where compiled code of a bundle is kept: beside it, so that both are removed together. */
export const compileCacheName = 'compile-cache';

/** Where the bundle of a program goes, below the checkout; `start.mjs` in it is what to run. */
export function bundleFolder({ name }: Pick<Program, 'name'>): string {
  return join('.cynode/programs', name);
}

const optionsOf = ({ entry, inParts = false }: Bundled): unknown => ({ entry, inParts });

/**
 * The module that runs the bundle as long as it is that of the checkout, and the sources otherwise.
 * @param hash folder of the bundle
 */
export function startText(program: Bundled, inputs: Inputs, hash: string): string {
  const root = `./${relative(bundleFolder(program), '.')}`;
  return `// Made by scripts/bundle.ts. Runs the bundle while its sources are as they were, else the sources themselves.
const { statSync } = process.getBuiltinModule('node:fs');
const { enableCompileCache } = process.getBuiltinModule('node:module');
const options = ${JSON.stringify(optionsOf(program))};
const inputs = ${JSON.stringify([...inputs])};
const main = ${JSON.stringify(`./${hash}/main.mjs`)};
const here = import.meta.dirname + '/';
const changed = (path) => statSync(here + path, { throwIfNoEntry: false })?.ctimeMs;
const fresh =
  changed(main) !== undefined &&
  inputs.every(([path, changedMs]) => changed(${JSON.stringify(`${root}/`)} + path) === changedMs);
const cache = fresh ? ${JSON.stringify(`./${hash}/${compileCacheName}`)} : ${JSON.stringify(`${root}/.cynode/${compileCacheName}`)};
enableCompileCache(here + cache);
await import(fresh ? main : ${JSON.stringify(`${root}/${program.entry}`)});
`;
}

function startFile(checkout: string, program: Pick<Program, 'name'>): string {
  return join(checkout, bundleFolder(program), 'start.mjs');
}

interface Started {
  readonly inputs: readonly unknown[];
  /** The bundle's module, beside the start file. */
  readonly main: string;
}

/** What a start file says about its bundle; undefined when there is none of this program as it is now. */
function readStart(checkout: string, program: Bundled): Started | undefined {
  const start = startFile(checkout, program);
  const text = existsSync(start) ? readFileSync(start, 'utf8') : '';
  const told = (name: string): unknown =>
    parseJsonOr(new RegExp(`^const ${name} = (.*);$`, 'm').exec(text)?.[1] ?? '');
  const [inputs, main] = [told('inputs'), told('main')];
  const usable =
    isDeepStrictEqual(told('options'), optionsOf(program)) &&
    typeof main === 'string' &&
    existsSync(join(dirname(start), main));
  return usable && Array.isArray(inputs) ? { inputs, main } : undefined;
}

/** True when there is a bundle of the program and it is that of the checkout. */
export function isBundleFresh(checkout: string, program: Bundled): boolean {
  const started = readStart(checkout, program);
  if (started === undefined) return false;
  return started.inputs.every((input) => {
    const found = statSync(join(checkout, String(at(input, 0))), { throwIfNoEntry: false });
    return found !== undefined && found.ctimeMs === at(input, 1);
  });
}

/** Where compiled code of a program's bundle is kept; undefined while it has none. */
export function compileCacheOf(checkout: string, program: Bundled): string | undefined {
  const main = readStart(checkout, program)?.main;
  if (main === undefined) return undefined;
  return join(checkout, bundleFolder(program), dirname(main), compileCacheName);
}

/** What Node is called with to run a program. The file that starts its bundle looks by itself whether that is fresh. */
export function nodeArguments(checkout: string, program: Program): string[] {
  const bundled = readStart(checkout, program) !== undefined;
  return [
    ...(program.nodeFlags ?? []),
    bundled ? startFile(checkout, program) : join(checkout, program.entry),
  ];
}

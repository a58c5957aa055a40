import { writeFileAtomic } from '@cynodeai/runtime/files';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type BundleOptions, type Inputs, startText } from './start-file.ts';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';

/** Bundles that are kept beside the newest: a command that still runs loads parts of its own. */
const keptBundles = 2;
const bundleName = /^[0-9a-f]{16}$/;

function note(inputs: Inputs, checkout: string, path: string): void {
  const found = statSync(join(checkout, path), { throwIfNoEntry: false });
  if (found !== undefined) inputs.set(path, found.ctimeMs);
}

/** Reads the sources, each noted before it is read, and keeps `import.meta.dirname` true where the bundle runs. */
function sourcesPlugin({ checkout, folder }: BundleOptions, inputs: Inputs): Plugin {
  const out = join(checkout, folder, 'bundle');
  return {
    name: 'sources',
    async load(id) {
      const path = relative(checkout, id);
      if (id.startsWith('\0') || path.startsWith('node_modules') || path.startsWith('..'))
        return null;
      note(inputs, checkout, path);
      const code = await readFile(id, 'utf8');
      const there = JSON.stringify(`/${relative(out, dirname(id))}`);
      return code.replaceAll('import.meta.dirname', `(import.meta.dirname + ${there})`);
    },
  };
}

/**
 * Takes modules of Node without an import statement, which reads every export and so runs the getters that load further
 * ones: `WebSocket` of http, `webcrypto` of crypto, `promises` of fs.
 */
const builtinsPlugin: Plugin = {
  name: 'builtins',
  renderChunk: (code) =>
    code.replaceAll(
      /^import (?:(?:\* as )?([\w$]+))?(?:, )?(\{[^}]*\})? ?from ("node:[^"]+");$/gm,
      (_statement, whole: string | undefined, names: string | undefined, id: string) => {
        const patterns = [whole, names?.replaceAll(' as ', ': ')];
        return patterns
          .filter((pattern) => pattern !== undefined)
          .map((pattern) => `const ${pattern} = globalThis.process.getBuiltinModule(${id});`)
          .join(' ');
      },
    ),
};

async function chunksOf(options: BundleOptions, inputs: Inputs): Promise<OutputChunk[]> {
  const bundle = await rolldown({
    input: join(options.checkout, options.entry),
    platform: 'node',
    logLevel: 'silent',
    plugins: [sourcesPlugin(options, inputs), builtinsPlugin],
  });
  try {
    const { output } = await bundle.generate({
      format: 'esm',
      entryFileNames: 'main.mjs',
      chunkFileNames: '[name]-[hash].mjs',
    });
    return output.filter((part) => part.type === 'chunk');
  } finally {
    await bundle.close();
  }
}

/** What decides how imports are resolved, and who makes the bundle. */
async function noteResolution({ checkout }: BundleOptions, inputs: Inputs): Promise<void> {
  for (const name of await readdir(join(checkout, 'packages'))) {
    note(inputs, checkout, join('packages', name, 'package.json'));
  }
  note(inputs, checkout, join('node_modules', '.package-lock.json'));
  for (const name of ['write-bundle.ts', 'start-file.ts']) {
    note(inputs, checkout, join(relative(checkout, import.meta.dirname), name));
  }
}

async function removeOldBundles(folder: string, newest: string): Promise<void> {
  const entries = await readdir(folder);
  const others = entries.filter((name) => bundleName.test(name) && name !== newest);
  const aged = await Promise.all(
    others.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  for (const { name } of aged.toSorted((a, b) => b.at - a.at).slice(keptBundles)) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Bundles a program for a quick start. Every step is whole or not there, so that several may run at once; an edit
 * meanwhile makes a bundle that is outdated from the beginning and never runs.
 */
export async function writeBundle(options: BundleOptions): Promise<void> {
  const inputs: Inputs = new Map();
  await noteResolution(options, inputs);
  const chunks = await chunksOf(options, inputs);
  const folder = join(options.checkout, options.folder);
  const hash = createHash('sha256');
  for (const { fileName, code } of chunks) hash.update(fileName).update(code);
  const name = hash.digest('hex').slice(0, 16);
  if (!existsSync(join(folder, name))) {
    const draft = join(folder, `draft-${randomUUID()}`);
    await mkdir(draft, { recursive: true });
    for (const { fileName, code } of chunks) await writeFile(join(draft, fileName), code);
    // Whoever was faster wrote the same.
    await rename(draft, join(folder, name)).catch(() => rm(draft, { recursive: true }));
  }
  const start = startText(options, inputs, name);
  await writeFileAtomic(join(folder, 'start.mjs'), start, { mode: 0o644 });
  await removeOldBundles(folder, name);
}

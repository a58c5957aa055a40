import {
  type Bundled,
  type Inputs,
  bundleFolder,
  compileCacheName,
  startText,
} from '@cynodeai/launcher/programs';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { runCommand } from '@cynodeai/runtime/process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';

/** Bundles that are kept beside the newest: a command that still runs loads parts of its own. */
const keptBundles = 2;
const bundleName = /^[0-9a-f]{16}$/;

function note(inputs: Inputs, checkout: string, path: string): void {
  const found = statSync(join(checkout, path), { throwIfNoEntry: false });
  if (found !== undefined) inputs.set(path, found.ctimeMs);
}

/** Reads the sources, each noted before it is read, and keeps `import.meta.dirname` true where the bundle runs. */
function sourcesPlugin(checkout: string, folder: string, inputs: Inputs): Plugin {
  const out = join(folder, 'bundle');
  return {
    name: 'sources',
    async load(id) {
      const path = relative(checkout, id);
      if (id.startsWith('\0') || path.startsWith('node_modules') || path.startsWith('..'))
        return null;
      note(inputs, checkout, path);
      const code = await readFile(id, 'utf8');
      const there = JSON.stringify(relative(out, dirname(id)));
      return code.replaceAll(
        'import.meta.dirname',
        `globalThis.process.getBuiltinModule('node:path').join(import.meta.dirname, ${there})`,
      );
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

/** Names and lines stay as they are, so that a stack trace can be read. */
async function chunksOf(
  checkout: string,
  program: Bundled,
  inputs: Inputs,
): Promise<OutputChunk[]> {
  const folder = join(checkout, bundleFolder(program));
  const bundle = await rolldown({
    input: join(checkout, program.entry),
    platform: 'node',
    logLevel: 'silent',
    plugins: [sourcesPlugin(checkout, folder, inputs), builtinsPlugin],
  });
  try {
    const { output } = await bundle.generate({
      format: 'esm',
      entryFileNames: 'main.mjs',
      chunkFileNames: '[name]-[hash].mjs',
      codeSplitting: program.inParts === true,
      // A process keeps its source in memory, with two bytes a character once there is one beyond ASCII.
      charset: 'ascii',
      comments: false,
    });
    return output.filter((part) => part.type === 'chunk');
  } finally {
    await bundle.close();
  }
}

/** What decides how imports are resolved, and who makes the bundle. */
async function noteResolution(checkout: string, inputs: Inputs): Promise<void> {
  for (const name of await readdir(join(checkout, 'packages'))) {
    note(inputs, checkout, join('packages', name, 'package.json'));
  }
  note(inputs, checkout, join('node_modules', '.package-lock.json'));
  note(inputs, checkout, 'scripts/bundle/write-bundle.ts');
  note(inputs, checkout, 'packages/launcher/src/programs/start-file.ts');
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
 * Compiles a bundle ahead of its first start, which would be slower and keep several MB of what the compiler needed.
 * The last import cannot be linked, so that everything is compiled and nothing runs.
 */
async function compile(folder: string, chunks: readonly OutputChunk[]): Promise<void> {
  const imports = chunks.map(
    ({ fileName }) => `import ${JSON.stringify(pathToFileURL(join(folder, fileName)))};`,
  );
  const module = [...imports, `import { nothing } from 'node:fs';`].join('\n');
  await runCommand(process.execPath, ['--input-type=module', '--eval', module], {
    env: { NODE_COMPILE_CACHE: join(folder, compileCacheName) },
  });
}

/**
 * Bundles a program for a quick and lean start. Every step is whole or not there, so that several may run at once; an
 * edit meanwhile makes a bundle that is outdated from the beginning and never runs.
 */
export async function writeBundle(checkout: string, program: Bundled): Promise<void> {
  const inputs: Inputs = new Map();
  await noteResolution(checkout, inputs);
  const chunks = await chunksOf(checkout, program, inputs);
  const folder = join(checkout, bundleFolder(program));
  const hash = createHash('sha256');
  for (const { fileName, code } of chunks) hash.update(fileName).update(code);
  const name = hash.digest('hex').slice(0, 16);
  if (!existsSync(join(folder, name))) {
    const draft = join(folder, `draft-${randomUUID()}`);
    await mkdir(draft, { recursive: true });
    for (const { fileName, code } of chunks) await writeFile(join(draft, fileName), code);
    // Whoever was faster wrote the same.
    await rename(draft, join(folder, name)).catch(() => rm(draft, { recursive: true }));
    await compile(join(folder, name), chunks);
  }
  const start = startText(program, inputs, name);
  await writeFileAtomic(join(folder, 'start.mjs'), start, { mode: 0o644 });
  await removeOldBundles(folder, name);
}

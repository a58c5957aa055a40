import { join } from 'node:path';
import process from 'node:process';

const options = {
  checkout: join(import.meta.dirname, '..'),
  entry: 'packages/cli/src/main.ts',
  folder: '.cynode/cynork',
};

// `cynork` starts several times as fast from a bundle. Without one its sources are run, so nothing may fail for it.
try {
  const { isBundleFresh } = await import('./bundle/start-file.ts');
  if (!isBundleFresh(options)) {
    // The bundler is not there where packages were installed for production.
    const { writeBundle } = await import('./bundle/write-bundle.ts');
    await writeBundle(options);
  }
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`cynork starts slowly, because it could not be bundled: ${why}\n`);
}

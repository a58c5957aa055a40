import { join } from 'node:path';
import process from 'node:process';

const checkout = join(import.meta.dirname, '..');

// Without bundles the sources are run, so nothing may fail for them.
try {
  const { isBundleFresh, programs } = await import('@cynodeai/launcher/programs');
  const stale = programs.filter((program) => !isBundleFresh(checkout, program));
  if (stale.length > 0) {
    // The bundler is not there where packages were installed for production.
    const { writeBundle } = await import('./bundle/write-bundle.ts');
    await Promise.all(stale.map((program) => writeBundle(checkout, program)));
  }
} catch (error) {
  const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  process.stderr.write(
    `programs run from their sources, slower and with more memory, because they could not be bundled: ${why}\n`,
  );
}

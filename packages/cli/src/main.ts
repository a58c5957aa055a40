import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

// For starts from the sources; a bundle has its own. Inside the checkout, because others can prepare a shared folder.
enableCompileCache(join(import.meta.dirname, '../../../.cynode/compile-cache'));

const argv = process.argv.slice(2);
if (argv.length === 1 && argv[0] === '--version') {
  // Scripts ask for it often; it needs no parser.
  const { printVersion } = await import('./start/print-version.ts');
  await printVersion();
} else {
  const { runProcess } = await import('./start/run-process.ts');
  await runProcess(argv);
}

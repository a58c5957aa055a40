import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

// Compiled code is kept inside the checkout: the shared temporary folder may be prepared by somebody else.
enableCompileCache(join(import.meta.dirname, '../../../.cynode/compile-cache'));

const argv = process.argv.slice(2);
if (argv.length === 1 && argv[0] === '--version') {
  const { versionText } = await import('./version.ts');
  process.stdout.write(`version=${versionText()}\n`);
} else {
  const { runProcess } = await import('./run-process.ts');
  await runProcess(argv);
}

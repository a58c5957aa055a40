import { globSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { findFaults } from './citations/find-faults.ts';

const folders = 'bench,chaos,deploy,docs,features,images,packages,scripts';
const endings = 'ts,js,mjs,cjs,md,sql,feature,sh,yaml,yml,json,service,pl,c';

/** All text that people wrote; what tools wrote cites nothing. */
const files = globSync([`{${folders}}/**/*.{${endings}}`, `*.{${endings}}`, 'cynode', 'cynork'], {
  exclude: ['**/node_modules/**', 'package-lock.json'],
})
  .toSorted()
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

const faults = findFaults(files, {
  maxReferenceBytes: 112 * 1024,
  requirementsPage: 'docs/requirements.md',
});

if (faults.length > 0) {
  process.stderr.write(
    `citations that lead nowhere:\n${faults.map((fault) => `  ${fault}\n`).join('')}`,
  );
  process.exitCode = 1;
} else {
  process.stdout.write(`citations of ${files.length} files resolve\n`);
}

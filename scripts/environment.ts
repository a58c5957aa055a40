import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { environmentReference } from './environment-reference.ts';

// Writes the reference of variables; with --check it only says whether the one that is there is still true.
const path = 'docs/environment.md';
const text = environmentReference();
if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write(`${path} is stale; run: node scripts/environment.ts\n`);
  process.exitCode = 1;
}

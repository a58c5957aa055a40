import { globSync, readFileSync } from 'node:fs';
import process from 'node:process';

const id = /REQ-[A-Z]+-\d{4}/g;

function idsIn(files: readonly string[]): Set<string> {
  return new Set(files.flatMap((file) => readFileSync(file, 'utf8').match(id) ?? []));
}

const listed = idsIn(['docs/requirements.md']);
const proved = idsIn(
  globSync([
    'packages/*/src/**/*.test.ts',
    'packages/*/test/**/*.test.ts',
    'features/**/*.feature',
  ]),
);
const missing = [...listed].filter((requirement) => !proved.has(requirement)).toSorted();

if (missing.length > 0) {
  process.stderr.write(
    `no test or feature names these requirements of docs/requirements.md:\n${missing.map((name) => `  ${name}\n`).join('')}`,
  );
  process.exitCode = 1;
} else {
  process.stdout.write(`${listed.size} requirements, each named by a test or feature\n`);
}

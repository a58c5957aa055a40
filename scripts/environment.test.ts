import { globSync, readFileSync } from 'node:fs';
import { cynodeVariables, cynorkVariables } from '@cynodeai/runtime/environment/programs';
import { expect, it } from 'vitest';
import { processRoles } from '../packages/launcher/src/roles/table.ts';
import { environmentReference } from './environment-reference.ts';

const read = (path: string): string => readFileSync(path, 'utf8');

it('the reference of variables is what the tables say', () => {
  expect(read('docs/environment.md')).toBe(environmentReference());
});

it('every variable that a page for users names stands in the reference', () => {
  const reference = environmentReference();
  for (const page of ['README.md', 'deploy/README.md']) {
    const named = read(page).matchAll(
      /(?<![${A-Z_])\b(?<name>[A-Z]{2,}(?:_[A-Z0-9]+)+)\b(?=[=`])/g,
    );
    for (const { groups } of named) expect(reference, page).toContain(`\`${groups?.['name']}\``);
  }
});

/** The session's own, which need no explanation. */
const session = ['HOME', 'PATH'];

it.each([
  ['launcher', cynodeVariables],
  ['cli', cynorkVariables],
])('every variable that %s reads by itself stands in its list', (name, variables) => {
  const ofRoles = processRoles.flatMap((role) =>
    role.environments.flatMap((environment) => Object.keys(environment)),
  );
  const known = [...session, ...Object.keys(variables), ...(name === 'launcher' ? ofRoles : [])];
  const files = globSync(`packages/${name}/src/**/*.ts`).filter(
    (path) => !path.endsWith('.test.ts'),
  );
  expect(files.length).toBeGreaterThan(20);
  for (const path of files) {
    for (const [, variable] of read(path).matchAll(/\benv(?:\(\)\))?\['([A-Za-z_]+)'\]/g)) {
      expect(known, path).toContain(variable);
    }
  }
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { at, parseJson } from '@cynodeai/runtime/std';
import { afterAll, beforeAll, expect, it } from 'vitest';

const config = resolve('.dependency-cruiser.cjs');
const law = createRequire(import.meta.url)(config) as {
  readonly forbidden: readonly { readonly name: string }[];
};

/** An import that breaks a rule: from a file to another file of the tree, or to what a package or module is called. */
type Violation = readonly [rule: string, from: string, to: string];

const products = ['orchestrator', 'worker', 'agents', 'cli', 'launcher', 'demo-model'];
const launcherRoom = /^launcher-(?!rooms$|commands-lazy$|apart$)(.+)$/;

const violations: readonly Violation[] = [
  ['no-cycles', 'worker/src/app/circle-a.ts', 'worker/src/app/circle-b.ts'],
  ['no-orphan-dependency', 'worker/src/adapters/x/undeclared.ts', 'undeclared'],
  ['resolvable', 'worker/src/app/unresolved.ts', './missing.ts'],
  ['contracts-ground', 'contracts/src/common/ground.ts', 'node:fs'],
  ['wires-apart', 'contracts/src/gateway/apart.ts', 'contracts/src/worker-api/other.ts'],
  ['common-apart', 'contracts/src/common/apart.ts', 'contracts/src/gateway/other.ts'],
  ['runtime-floor', 'runtime/src/std/floor.ts', 'contracts/src/gateway/other.ts'],
  ['command-line-floor', 'command-line/src/floor.ts', 'contracts/src/gateway/other.ts'],
  ['command-line-data', 'command-line/src/definition/data.ts', 'command-line/src/program/x.ts'],
  ['cli-base', 'cli/src/base/low.ts', 'cli/src/config/x.ts'],
  ['cli-config', 'cli/src/config/low.ts', 'cli/src/gateway/x.ts'],
  ['cli-gateway', 'cli/src/gateway/low.ts', 'cli/src/commands/shared/x.ts'],
  ['cli-completion', 'cli/src/completion/low.ts', 'cli/src/config/x.ts'],
  ['cli-commands-apart', 'cli/src/commands/task/apart.ts', 'cli/src/commands/auth/x.ts'],
  ['cli-commands-lazy', 'cli/src/commands/catalogue.ts', 'cli/src/commands/task/create.ts'],
  ['cli-start-last', 'cli/src/gateway/start.ts', 'cli/src/start/x.ts'],
  ['launcher-rooms', 'launcher/src/loose.ts', 'launcher/src/base/x.ts'],
  ['launcher-commands-lazy', 'launcher/src/commands/catalogue.ts', 'launcher/src/commands/up.ts'],
  ...law.forbidden.flatMap(({ name }): Violation[] => {
    const room = launcherRoom.exec(name)?.[1];
    const upper = room === 'processes' ? 'commands' : 'processes';
    return room === undefined
      ? []
      : [[name, `launcher/src/${room}/low.ts`, `launcher/src/${upper}/x.ts`]];
  }),
  ...products.map((product): Violation => {
    const other = product === 'worker' ? 'orchestrator' : 'worker';
    return [`${product}-apart`, `${product}/src/processes/apart.ts`, `${other}/src/index.ts`];
  }),
  ['domain-pure', 'worker/src/domain/impure.ts', 'node:fs'],
  ['ports-inward', 'worker/src/ports/outward.ts', 'worker/src/app/x.ts'],
  ['app-inward', 'worker/src/app/outward.ts', 'worker/src/adapters/x/x.ts'],
  ['adapters-inward', 'worker/src/adapters/x/outward.ts', 'worker/src/processes/x.ts'],
  ['adapters-no-siblings', 'worker/src/adapters/x/sibling.ts', 'worker/src/adapters/y/x.ts'],
  [
    'engines-apart',
    'worker/src/adapters/container/podman/apart.ts',
    'worker/src/adapters/container/docker/x.ts',
  ],
  [
    'engines-outward',
    'worker/src/adapters/container/shared/outward.ts',
    'worker/src/adapters/container/docker/x.ts',
  ],
  ['processes-last', 'demo-model/src/last.ts', 'demo-model/src/processes/x.ts'],
  ['no-testing-in-src', 'worker/src/app/tested.ts', 'testing/src/x.ts'],
  ['no-deep-imports', 'worker/src/adapters/x/deep.ts', 'runtime/src/std/x.ts'],
];

let root: string;
let found: readonly string[];

function put(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function specifierOf(from: string, to: string): string {
  if (!to.includes('/src/')) return to;
  const path = relative(dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

/** `rule from` of every violation that the real law finds in the tree. */
function breaches(): string[] {
  const program = resolve('node_modules/.bin/depcruise');
  const args = ['--config', config, '--output-type', 'json', 'packages'];
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (stdout === '') throw new Error(`the law was not read: ${stderr}`);
  const list = at(parseJson(stdout), 'summary', 'violations');
  if (!Array.isArray(list)) throw new TypeError('the law gave no list of violations');
  return list.map(
    (entry: unknown) => `${String(at(entry, 'rule', 'name'))} ${String(at(entry, 'from'))}`,
  );
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cynode-law-'));
  put('package.json', '{"name":"root","type":"module"}');
  put(
    'tsconfig.json',
    '{"compilerOptions":{"module":"nodenext","allowImportingTsExtensions":true}}',
  );
  put('node_modules/undeclared/package.json', '{"name":"undeclared","version":"1.0.0"}');
  put('node_modules/undeclared/index.js', '');
  // The parser of TypeScript is looked for beside what is read.
  symlinkSync(resolve('node_modules/typescript'), join(root, 'node_modules/typescript'));
  for (const [, , to] of violations) {
    if (to.includes('/src/')) put(`packages/${to}`, 'export const x = 1;\n');
  }
  for (const [, from, to] of violations) {
    const [pkg = ''] = from.split('/');
    put(`packages/${pkg}/package.json`, `{"name":"@cynodeai/${pkg}","type":"module"}`);
    put(`packages/${from}`, `import '${specifierOf(from, to)}';\n`);
  }
  put('packages/worker/src/app/circle-b.ts', "import './circle-a.ts';\n");
  put('packages/worker/src/app/lawful.ts', "import '../domain/lawful.ts';\n");
  put('packages/worker/src/domain/lawful.ts', 'export const x = 1;\n');
  found = breaches();
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

it('every rule of the import law has a violation below', () => {
  const named = new Set(violations.map(([rule]) => rule));
  expect(law.forbidden.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
});

it.each(violations)('%s forbids %s to import %s', (rule, from) => {
  expect(found).toContain(`${rule} packages/${from}`);
});

it('what keeps the law is not named', () => {
  expect(found.filter((breach) => breach.includes('lawful'))).toEqual([]);
});

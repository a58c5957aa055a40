import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { findingsIn } from './house/check-source.ts';
import { houseRules } from './house/rules.ts';

const at = 'packages/worker/src/app/x.ts';

/** For every rule a text that breaks it, and one beside it that does not. */
interface Sample {
  readonly breaks: readonly string[];
  readonly keeps: string;
  /** Where they stand. */
  readonly at?: string;
}

const samples: Readonly<Record<string, Sample>> = {
  json: {
    breaks: ['const x = JSON.parse(text);'],
    keeps: 'const x = JSON.stringify(parseJson(text)); // JSON.parse(text)',
  },
  alive: { breaks: ['process.kill(pid, 0);'], keeps: "process.kill(pid, 'SIGTERM');" },
  lock: {
    breaks: ["db.exec('BEGIN EXCLUSIVE');", 'db.exec(`begin exclusive; ${more}`);'],
    keeps: "db.exec('BEGIN IMMEDIATE'); // BEGIN EXCLUSIVE",
  },
  'lock-program': {
    breaks: ["spawn('flock', [path]);", "await execa('flock', ['-n', path]);"],
    keeps: "spawn('tar', ['flock']);",
  },
  rename: {
    breaks: [
      "import { rename } from 'node:fs/promises';",
      "import { renameSync as move } from 'node:fs';",
    ],
    keeps: "import { rename } from './names.ts'; import { rm } from 'node:fs/promises';",
  },
  helper: {
    breaks: [
      'function isRecord(value: unknown) {}',
      'const isAlive = (pid: number) => true;',
      'export async function sleep(ms: number) {}',
    ],
    keeps: "import { isRecord } from '@cynodeai/runtime/std'; const sleep = 5;",
  },
  backoff: { breaks: ['const ms = first * 2 ** attempt;'], keeps: 'const kib = 2 ** 10;' },
  'http-client': {
    breaks: ["import { request } from 'undici';", "import 'undici';"],
    keeps: "import { callRoute } from '@cynodeai/runtime/call'; const undici = 1;",
  },
  output: {
    breaks: [
      "process.stdout.write('x');",
      'const log = createLog({ destination: process.stderr });',
      "import { stderr } from 'node:process';",
    ],
    keeps: 'await output.text(child.stdout); // process.stdout.write(text)',
  },
  'wall-clock': {
    breaks: [
      'const end = Date.now() + limitMs;',
      'while (clock.now().getTime() <= last) look();',
      'const ms = this.#deps.clock.now().getTime() - startedAt;',
    ],
    keeps:
      'const end = elapsedMs() + limitMs; const at = new Date(Date.now()); const id = uuid(Date.now());',
  },
  'raw-output': {
    at: 'packages/cli/src/commands/x.ts',
    breaks: [
      'this.#output.write(text);',
      'io.stdout.write(`${text}\\n`, done);',
      "import { writeFully as put } from '@cynodeai/command-line/output';",
    ],
    keeps: 'await writeText(io.stdout, text); hash.write(text); // stream.write(text)',
  },
  'slow-pattern': {
    breaks: [
      String.raw`const blanks = /^(\w+):[ \t]*(.*?)[ \t]*$/;`,
      String.raw`text.replace(/\/+$/, '');`,
      'if (/^(a+)+$/.test(text)) stop();',
    ],
    keeps: String.raw`const name = /^(\w+):(.*)$/; const half = a / b; // /a+$/`,
  },
  'test-process': {
    at: 'packages/worker/test/x.test.ts',
    breaks: ["import { type ChildProcess, spawn } from 'node:child_process';"],
    keeps: "import { execFile } from 'node:child_process'; import { spawn } from './x.ts';",
  },
  'http-number': {
    breaks: [
      'const row = { statusCode: 200 };',
      'const row = { status: isNew ? 201 : 200 };',
      "const row = { 'status_code': 204 };",
      'if (answer.status === 404) stop();',
      'if (500 <= error.statusCode) stop();',
      'switch (answer.status) { case 503: break; }',
      'const httpStatus = (500);',
      'function f(status = 400) {}',
      'reply.statusCode = 409;',
    ],
    keeps: `if (result.exitCode === 125) stop(); const limit = 200;
      const job = { status: 'failed' }; const counts = { statuses: 404 }; const node = { status: 7 };`,
  },
};

const rulesBroken = (path: string, text: string): string[] =>
  findingsIn(path, text, houseRules).map(({ rule }) => rule);

describe('every house rule', () => {
  it.each(houseRules.map((rule) => [rule.name, rule] as const))(
    '%s catches what breaks it, names what to use and lets the rest pass',
    (name, rule) => {
      const sample = samples[name];
      expect(sample, 'a rule needs a sample').toBeDefined();
      const place = sample?.at ?? at;
      for (const text of sample?.breaks ?? []) expect(rulesBroken(place, text)).toEqual([name]);
      expect(rulesBroken(place, sample?.keeps ?? '')).toEqual([]);
      expect(rule.says).toMatch(/@cynodeai\//);
    },
  );

  it('has homes that are there', () => {
    const paths = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).split('\n');
    for (const { name, homes } of houseRules) {
      for (const home of homes) {
        const found = paths.some((path) => home.test(path));
        expect(found, `${name}: ${home.source}`).toBe(true);
      }
    }
  });

  it.each([
    [
      'output',
      'process.stderr.write(text);',
      ['launcher/src/run', 'cli/src/commands'],
      'worker/src/processes',
    ],
    [
      'http-number',
      'const row = { status: 200 };',
      ['worker/src/app', 'worker/src/adapters/postgres'],
      'worker/src/adapters/http',
    ],
  ])('%s knows where the form is at home', (name, text, abroad, home) => {
    for (const place of abroad) expect(rulesBroken(`packages/${place}/x.ts`, text)).toEqual([name]);
    expect(rulesBroken(`packages/${home}/x.ts`, text)).toEqual([]);
  });

  it('of JSON holds in tests too', () => {
    expect(rulesBroken('packages/cli/test/x.test.ts', 'JSON.parse(x);')).toEqual(['json']);
  });

  it('says where it is broken', () => {
    const [finding] = findingsIn(at, '\n\nJSON.parse(x);', houseRules);
    expect(finding).toMatchObject({ path: at, line: 3, rule: 'json' });
  });
});

it('the tree keeps every house rule', () => {
  const out = execFileSync(process.execPath, ['scripts/house.ts'], { encoding: 'utf8' });
  expect(out).toMatch(/ 0 violations\n$/);
});

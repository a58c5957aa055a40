import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { findingsIn } from './house/check-source.ts';
import { houseRules } from './house/rules.ts';

const at = 'packages/worker/src/app/x.ts';

/** For every rule a text that breaks it, and one beside it that does not. */
const samples: Readonly<
  Record<string, { readonly breaks: readonly string[]; readonly keeps: string }>
> = {
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
};

const rulesBroken = (path: string, text: string): string[] =>
  findingsIn(path, text, houseRules).map(({ rule }) => rule);

describe('every house rule', () => {
  it.each(houseRules.map((rule) => [rule.name, rule] as const))(
    '%s catches what breaks it, names what to use and lets the rest pass',
    (name, rule) => {
      const sample = samples[name];
      expect(sample, 'a rule needs a sample').toBeDefined();
      for (const text of sample?.breaks ?? []) expect(rulesBroken(at, text)).toEqual([name]);
      expect(rulesBroken(at, sample?.keeps ?? '')).toEqual([]);
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

  it('says where it is broken', () => {
    const [finding] = findingsIn(at, '\n\nJSON.parse(x);', houseRules);
    expect(finding).toMatchObject({ path: at, line: 3, rule: 'json' });
  });
});

it('the tree keeps every house rule', () => {
  const out = execFileSync(process.execPath, ['scripts/house.ts'], { encoding: 'utf8' });
  expect(out).toMatch(/ 0 violations\n$/);
});

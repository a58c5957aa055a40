import { Child, type Outcome, startInTerminal } from '@cynodeai/testing/harness';
import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/orchestrator.ts';
import { OwnInstall } from '../support/own-install.ts';
import type { ProductWorld } from '../support/product-world.ts';
import { type ReadmeLine, readmeLines } from '../support/readme-lines.ts';

/** What the lines speak of, and two programs where a checkout has them. */
const files: Readonly<Record<string, string>> = {
  'job.sh': 'cat upload/* 2>/dev/null; echo made > /job/artifacts/made; echo done',
  'data.csv': 'a,b\n1,2',
  'ask.sh': 'curl -fsS "$OLLAMA_BASE_URL/api/tags"',
  'token.txt': 'canary-of-the-readme',
  'pw.txt': 'a pass phrase of ada',
  Makefile: 'test:\n\t@echo tested data.csv: $$(wc -l < data.csv)',
};

interface Ran extends ReadmeLine, Pick<Outcome, 'code' | 'stdout' | 'stderr'> {}

/** An install beside that of the run, and the folder that somebody works with it in. */
class ReadersDesk {
  readonly folder = mkdtempSync(join(tmpdir(), 'cyn-readme-'));
  readonly install = new OwnInstall('readme');
  ran: readonly Ran[] = [];

  constructor() {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.folder, name), `${text}\n`);
    }
    for (const name of ['cynode', 'cynork']) symlinkSync(join(root, name), join(this.folder, name));
  }

  /** Runs a line as it stands there. */
  async run(line: ReadmeLine): Promise<Ran> {
    const { folder, env } = this;
    // Only a person at a terminal is asked for a password.
    const asks = line.command.includes('auth login');
    const child = asks
      ? startInTerminal('/bin/sh', ['-c', `cd ${folder} && ${line.command}`], { env })
      : new Child('/bin/sh', ['-c', line.command], { cwd: folder, env });
    if (asks) {
      await child.printed('assword');
      child.write(`${this.install.adminPassword}\n`);
    }
    const { code, stdout, stderr } = await child.outcome;
    return { ...line, code, stdout, stderr };
  }

  get env(): Record<string, string> {
    const URL = existsSync(join(this.install.home, 'install.json')) ? this.install.gateway : '';
    return {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: join(this.install.home, '..'),
      CYNODE_HOME: this.install.home,
      URL,
    };
  }

  async end(): Promise<void> {
    await this.run({ command: './cynode down --service', comment: '' });
    const { code, stderr } = await this.install.remove();
    rmSync(this.folder, { recursive: true });
    assert.equal(code, 0, stderr);
  }
}

const desks = new WeakMap<ProductWorld, ReadersDesk>();

function deskOf(world: ProductWorld): ReadersDesk {
  const desk = desks.get(world);
  assert.ok(desk !== undefined);
  return desk;
}

Given(
  'an install of a reader, with the files that the README speaks of',
  { timeout: 600_000 },
  async function (this: ProductWorld) {
    const desk = new ReadersDesk();
    desks.set(this, desk);
    this.atEnd(() => desk.end());
    desk.install.takeImages(this.stack.home);
    const first = await desk.run({ command: './cynode run --yes --commands true', comment: '' });
    assert.equal(first.code, 0, first.stderr);
  },
);

/** What a comment promises beyond an exit code of 0, where more can be seen. */
const promises: readonly (readonly [
  of: string,
  holds: (ran: Ran, desk: ReadersDesk) => boolean | Promise<boolean>,
])[] = [
  ['--attach', ({ stdout }) => stdout.includes('1,2')],
  ['--dir .', ({ stdout }) => stdout.includes('tested data.csv: 2')],
  ['--out results', (_ran, { folder }) => textOf(join(folder, 'results/made')) === 'made\n'],
  ['--use-inference', ({ stdout }) => stdout.includes('"models"')],
  [
    'secrets set',
    (_ran, desk) => does(desk, "run --secret TOKEN --command 'test -s /run/secrets/TOKEN'"),
  ],
  ['image build', (_ran, desk) => does(desk, "run --image web --command 'node --version'")],
  ['status', ({ stdout }) => stdout.includes('ready')],
  ['user add', ({ stdout }) => stdout.includes('user=ada')],
  ['task create', ({ stdout }) => stdout.includes('hello')],
  ['task list', ({ stdout }) => stdout.includes('echo-hello')],
  ['auth login', ({ stdout }) => stdout.includes('admin')],
  ['down', async (_ran, desk) => !(await does(desk, 'status --output json | grep -w running'))],
];

const textOf = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined;

async function does(desk: ReadersDesk, line: string): Promise<boolean> {
  return (await desk.run({ command: `./cynode ${line}`, comment: '' })).code === 0;
}

/** Where nothing can start it at every boot, that is said, with what to do instead. */
function wentWell({ command, code, stderr }: Ran): boolean {
  if (!command.endsWith('up --service') || existsSync('/run/systemd/system')) return code === 0;
  return code === 125 && stderr.includes('systemd does not run this machine');
}

When(
  'I run each line of {string} there, in its order',
  { timeout: 1_500_000 },
  async function (this: ProductWorld, section: string) {
    const desk = deskOf(this);
    const ran: Ran[] = [];
    for (const line of readmeLines(section)) {
      const one = await desk.run(line);
      const shown = `${line.command}\nexit ${one.code}\n${one.stdout}\n${one.stderr}`;
      assert.ok(wentWell(one), shown);
      for (const [of, holds] of promises.filter(([part]) => line.command.includes(part))) {
        assert.ok(await holds(one, desk), `${of}: ${shown}`);
      }
      ran.push(one);
    }
    desk.ran = ran;
  },
);

Then('each did what stands behind it', function (this: ProductWorld) {
  const { ran } = deskOf(this);
  assert.ok(ran.length >= 15, 'the README shows every day as it is');
  for (const { command, comment } of ran) assert.notEqual(comment, '', command);
  // A promise that no line makes any more is looked for in vain.
  for (const [of] of promises)
    assert.ok(
      ran.some(({ command }) => command.includes(of)),
      of,
    );
});

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const node = (script: string): Step['command'] => [process.execPath, script];
const reports = '.cynode/reports';
/** Where tools keep what they need not work out again. */
const cache = '.cynode/cache';

/** Quick static checks, two at a time; then the tests, which need both cores. */
const staticSteps: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  {
    name: 'format',
    command: [
      'prettier',
      '--check',
      '--log-level=warn',
      '--cache',
      '--cache-strategy=content',
      `--cache-location=${cache}/prettier`,
      '.',
    ],
  },
  { name: 'import law', command: ['depcruise', '--config', '.dependency-cruiser.cjs', 'packages'] },
  { name: 'dead code', command: ['knip', '--no-config-hints'] },
  { name: 'duplication', command: ['jscpd'] },
  { name: 'house rules', command: node('scripts/house.ts') },
  { name: 'requirements', command: node('scripts/requirements.ts') },
  { name: 'citations', command: node('scripts/citations.ts') },
  { name: 'environment', command: [...node('scripts/environment.ts'), '--check'] },
];
/** Unit tests alone: a minute together with the static checks. */
const quickTestStep: Step = {
  name: 'unit tests',
  command: ['vitest', 'run', '--project=unit', '--reporter=dot'],
};
const testStep: Step = {
  name: 'tests and coverage',
  command: [
    'vitest',
    'run',
    '--coverage',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reports}/vitest.json`,
  ],
};

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function run(step: Step, show: boolean): Promise<Outcome> {
  const [program, ...args] = step.command;
  const child = spawn(program, args, { stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

async function checked(step: Step, show = false): Promise<boolean> {
  const started = performance.now();
  const { code, output } = await run(step, show);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${step.name} (${seconds} s)\n`);
  if (code !== 0 && !show) process.stdout.write(`${output}\n`);
  return code === 0;
}

async function staticChecks(): Promise<boolean> {
  const queue = [...staticSteps];
  const results: boolean[] = [];
  const lane = async (): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      results.push(await checked(step));
    }
  };
  await Promise.all([lane(), lane()]);
  return results.every(Boolean);
}

/** `--quick`: no integration tests and no coverage. */
const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
for (const directory of [reports, cache]) mkdirSync(directory, { recursive: true });
const staticOk = await staticChecks();
const testsOk = await (quick ? checked(quickTestStep) : checked(testStep, true));
process.exitCode = staticOk && testsOk ? 0 : 1;

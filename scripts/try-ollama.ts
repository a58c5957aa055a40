import { at, parseJson, trimEnd } from '@cynodeai/runtime/std';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { listModels } from '../packages/launcher/src/inference/list-models.ts';

/**
 * Asks a real Ollama everything that the product relies on, and says what turned out to be untrue. Builds and installs
 * nothing; the model is asked a few dozen short questions.
 *   npm run try:ollama -- http://127.0.0.1:11434 [--model NAME]
 */
const { values, positionals } = parseArgs({
  options: { model: { type: 'string' } },
  allowPositionals: true,
});
const [url] = positionals;

const report = '.cynode/reports/try-ollama.json';

/** One question of the suite and what came of it. */
interface Asked {
  readonly title: string;
  readonly passed: boolean;
  /** Why it did not pass, in one line. */
  readonly reason: string;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The questions of a report as Vitest writes it. */
function askedIn(document: unknown): readonly Asked[] {
  const files = listOf(at(document, 'testResults'));
  return files
    .flatMap((file) => listOf(at(file, 'assertionResults')))
    .map((one) => ({
      title: [...listOf(at(one, 'ancestorTitles')), at(one, 'title')].map(textOf).join(' '),
      passed: at(one, 'status') === 'passed',
      reason: textOf(at(one, 'failureMessages', 0)).split('\n')[0] ?? '',
    }));
}

/** The smallest model of the service that can talk: the suite asks for speed, not for wit. */
async function smallestModel(baseUrl: string): Promise<string> {
  const talking = (await listModels(baseUrl)).filter(({ capabilities }) =>
    capabilities.includes('completion'),
  );
  const [smallest] = talking.toSorted((a, b) => (a.sizeBytes ?? 0) - (b.sizeBytes ?? 0));
  if (smallest === undefined)
    throw new Error(`no model is at ${baseUrl}; get one: ollama pull smollm2:135m`);
  return smallest.name;
}

async function main(baseUrl: string): Promise<void> {
  const model = values.model ?? (await smallestModel(baseUrl));
  process.stdout.write(`asking ${baseUrl} with the model ${model}\n`);
  mkdirSync('.cynode/reports', { recursive: true });
  rmSync(report, { force: true });
  const suite = 'packages/orchestrator/test/models/model-service.test.ts';
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn('vitest', ['run', suite, '--testTimeout=1000000', ...reporters], {
    env: { ...process.env, TRY_OLLAMA: baseUrl, TRY_OLLAMA_MODEL: model },
    stdio: 'inherit',
  });
  await once(child, 'exit');
  const asked = askedIn(parseJson(readFileSync(report, 'utf8')));
  const untrue = asked.filter(({ passed }) => !passed);
  for (const { title, reason } of untrue) {
    process.stdout.write(`untrue: ${title}\n  ${reason}\n`);
  }
  process.stdout.write(`${asked.length} assumptions, ${untrue.length} untrue at ${baseUrl}\n`);
  process.exitCode = untrue.length === 0 && asked.length > 0 ? 0 : 1;
}

if (url === undefined || !URL.canParse(url)) {
  process.stderr.write('usage: npm run try:ollama -- http://HOST:11434 [--model NAME]\n');
  process.exitCode = 2;
} else {
  await main(trimEnd(url, '/'));
}

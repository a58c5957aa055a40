import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.ts';
import { readTaskInput } from './read-task-input.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'environment-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(text: string): Promise<string> {
  const path = join(folder, 'vars.env');
  await writeFile(path, text);
  return path;
}

describe('the variables of a new task', () => {
  it('are what stands behind the first =, or what the caller has', async () => {
    const env = ['A=b=c', 'B=', 'C', 'D= "x" $(id) ', 'A=last'];
    expect(await readEnvironment({ env }, { C: 'of the caller', E: 'not named' })).toEqual({
      A: 'last',
      B: '',
      C: 'of the caller',
      D: ' "x" $(id) ',
    });
    expect(await readEnvironment({}, { C: 'x' })).toBeUndefined();
  });

  it('come from a file as Docker reads it, and the command line counts more', async () => {
    const path = await file('\uFEFF# a comment\n\nA=1\r\n  B="kept" # too\nC\nD=2');
    expect(await readEnvironment({ envFile: [path], env: ['D=3'] }, { C: '' })).toEqual({
      A: '1',
      B: '"kept" # too',
      C: '',
      D: '3',
    });
  });

  it.each([
    [['1A=canary'], 'no name before ='],
    [['=canary'], 'no name before ='],
    [['A B=canary'], 'no name before ='],
    [['canary value'], 'NAME=VALUE, or NAME alone, is expected'],
    [['A'], '--env: A is not set here; give it a value: A=VALUE'],
    ...['constructor', 'toString', 'hasOwnProperty', '__proto__'].map(
      (name): [string[], string] => [[name], `--env: ${name} is not set here`],
    ),
    [['CYNODE_JOB_ID=canary'], 'CYNODE_JOB_ID is set by the node itself'],
    [[`A=canary${'x'.repeat(96 * 1024)}`], 'A has more than 96 KiB'],
  ])('are refused without a value in the words', async (env, words) => {
    const refusal = await readEnvironment({ env }, {}).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'usage', message: expect.stringContaining(words) });
    expect(String(refusal)).not.toContain('canary');
  });

  it('name the line of a file that is wrong, and nothing of what stands there', async () => {
    const path = await file('A=1\nexport B=canary\n');
    const refusal = await readEnvironment({ envFile: [path] }, {}).catch(String);
    expect(refusal).toContain(`${path}, line 2: no name before =`);
    expect(refusal).not.toContain('canary');
    const missing = join(folder, 'missing.env');
    await expect(readEnvironment({ envFile: [missing] }, {})).rejects.toThrow('does not exist');
  });

  it('and an image are for a sandbox, never for a prompt', async () => {
    await using input = await readTaskInput(
      { command: ['true'], image: 'web', env: ['A'], envFile: [] },
      { env: { A: 'b' } },
    );
    expect(input.body).toMatchObject({ image: 'web', env: { A: 'b' } });
    const path = await file('A=1');
    for (const [flags, flag] of [
      [{ image: 'web' }, '--image'],
      [{ env: ['A=b'] }, '--env'],
      [{ envFile: [path] }, '--env-file'],
    ] as const) {
      await expect(readTaskInput({ prompt: 'hi', ...flags })).rejects.toThrow(`${flag} is for`);
    }
    await expect(readTaskInput({ command: ['a'], image: '' })).rejects.toThrow('--image is empty');
  });
});

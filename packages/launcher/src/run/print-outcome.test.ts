import process from 'node:process';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../domain/outcome.ts';
import { printJson, printText } from './print-outcome.ts';

let out = '';
let err = '';

beforeEach(() => {
  out = '';
  err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

const outcome: Outcome = {
  kind: 'finished',
  exitCode: 0,
  stdout: '391',
  stderr: '',
  truncated: { stdout: false, stderr: false },
};
const result: TaskResult = { task_id: 'x', task_name: 'n', status: 'completed', jobs: [] };

describe('the answer of the demo model', () => {
  it('is called what it is on stderr, and ends its line on stdout', () => {
    printText({ ...outcome, model: 'cynode-demo:latest', demo: true }, true);
    expect(out).toBe('391\n');
    expect(err).toMatch(/answered by cynode-demo, a rule-based stand-in, not a neural network/);
  });

  it('is labelled too where only the stack knows which model there was', () => {
    printText(outcome, true);
    expect(out).toBe('391');
    expect(err).toContain('the model of this job was cynode-demo');
    out = '';
    printJson(outcome, result, true);
    expect(JSON.parse(out)).toMatchObject({ model: 'cynode-demo:latest', demo: true });
  });
});

describe('other output', () => {
  it('passes through as it is', () => {
    printText({ ...outcome, stdout: 'no line end', stderr: 'e' }, false);
    expect([out, err]).toEqual(['no line end', 'e']);
  });

  it('of a real model is named in JSON', () => {
    printJson({ ...outcome, model: 'qwen3.5:0.8b', demo: false }, result, false);
    expect(JSON.parse(out)).toMatchObject({
      task_id: 'x',
      outcome: 'finished',
      exit_code: 0,
      model: 'qwen3.5:0.8b',
      demo: false,
    });
  });

  it('says what was cut and what went wrong', () => {
    const truncated = { stdout: true, stderr: false };
    printText({ ...outcome, truncated, kind: 'fault', message: 'it broke' }, false);
    expect(err).toMatch(/stdout was longer.*\n.*it broke\n/);
  });
});

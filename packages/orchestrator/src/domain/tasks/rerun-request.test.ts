import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planJob } from './plan-job.ts';
import { type OldInput, rerunRequest } from './rerun-request.ts';
import { readTaskInput } from './task-input.ts';

/** What is stored of a task that was made so. */
function storedOf(request: CreateTaskRequest, more: Partial<OldInput> = {}): OldInput {
  const input = readTaskInput(request);
  return {
    name: 'nightly',
    isOwn: true,
    projectId: 'p',
    mode: input.mode,
    prompt: input.text,
    commands: input.commands,
    acceptanceCriteria: request.acceptance_criteria,
    args: input.args,
    hasStdin: input.stdin === true,
    hasMadeName: false,
    payload: planJob(input, []),
    ...more,
  };
}

const text = fc.string({ minLength: 1, maxLength: 20 }).filter((one) => one.trim() !== '');
const raw = fc.record(
  {
    timeout_seconds: fc.integer({ min: 1, max: 3600 }),
    use_inference: fc.boolean(),
    image: fc.constantFrom('debian:12', 'tools'),
    env: fc.dictionary(fc.constantFrom('A', 'B', 'C'), fc.string({ maxLength: 5 })),
    stdin: fc.boolean(),
  },
  { requiredKeys: [] },
);
const words = fc
  .array(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 3 })
  .filter(([first]) => first !== '');
const requests: fc.Arbitrary<CreateTaskRequest> = fc.oneof(
  text.map((prompt) => ({ prompt })),
  fc.tuple(text, raw).map(([prompt, more]) => ({ prompt, input_mode: 'script' as const, ...more })),
  fc.tuple(text, words, raw).map(([prompt, args, more]) => ({
    prompt,
    input_mode: 'script' as const,
    args,
    ...more,
  })),
  fc.tuple(words, raw).map(([args, more]) => ({ args, input_mode: 'commands' as const, ...more })),
  fc.tuple(fc.array(text, { minLength: 1, maxLength: 3 }), raw).map(([commands, more]) => ({
    commands,
    input_mode: 'commands' as const,
    ...more,
  })),
);

describe('the request of a rerun', () => {
  it('makes the same job, whatever the task was', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const again = readTaskInput(rerunRequest(storedOf(request), {}));
        const first = readTaskInput(request);
        expect(planJob(again, [])).toEqual(planJob(first, []));
        expect(again.text).toBe(first.text);
      }),
    );
  });

  it('is one that can be made from a rerun again, and any change of text is taken', () => {
    fc.assert(
      fc.property(requests, text, (request, prompt) => {
        for (const input_mode of ['prompt', 'script', 'commands'] as const) {
          const changed = rerunRequest(storedOf(request), { input_mode, prompt });
          expect(readTaskInput(changed)).toMatchObject({ mode: input_mode, text: prompt });
          expect(rerunRequest(storedOf(changed), {})).toMatchObject({ input_mode });
        }
      }),
    );
  });

  it('keeps the words of a script with another text, and gives them up with the mode', () => {
    const script = storedOf({ prompt: 'x', input_mode: 'script', args: ['a'], stdin: true });
    expect(rerunRequest(script, { prompt: 'y' })).toMatchObject({ args: ['a'], stdin: true });
    expect(rerunRequest(script, { args: ['b'] })).toMatchObject({ prompt: 'x', args: ['b'] });
    expect(rerunRequest(script, { stdin: false }).stdin).toBe(false);
    const commands = rerunRequest(script, { input_mode: 'commands', commands: ['y'] });
    expect(commands).not.toHaveProperty('args');
    expect(commands.stdin).toBe(true);
    const asked = rerunRequest(script, { input_mode: 'prompt' });
    expect(Object.keys(asked)).not.toEqual(expect.arrayContaining(['args', 'stdin']));
    const command = storedOf({ input_mode: 'commands', args: ['ls'] });
    expect(rerunRequest(command, { args: ['id'] })).not.toHaveProperty('prompt');
    expect(rerunRequest(command, { commands: ['id'] })).not.toHaveProperty('args');
  });

  it.each([
    [{}, 'nightly'],
    [{ name: 'nightly-2', rerunOf: 'x' }, 'nightly'],
    [{ name: 'build-2026' }, 'build-2026'],
    [{ hasMadeName: true }, undefined],
  ] as const)('of %j has the name %s', (more, name) => {
    expect(rerunRequest(storedOf({ prompt: 'x' }, more), {}).task_name).toBe(name);
    expect(rerunRequest(storedOf({ prompt: 'x' }, more), { name: 'n' }).task_name).toBeUndefined();
  });

  it('uses no value of a variable that somebody else gave', () => {
    const other = storedOf(
      { prompt: 'x', input_mode: 'script', env: { A: 'canary', B: 'canary' } },
      { isOwn: false },
    );
    for (const env of [undefined, {}, { A: '1' }, { C: '1' }]) {
      const ask = () => rerunRequest(other, env === undefined ? {} : { env });
      expect(ask).toThrow(
        /^the values of (?:A, )?B are known to the creator of task nightly alone/,
      );
    }
    expect(rerunRequest(other, { env: { A: '1', B: '2' } }).env).toEqual({ A: '1', B: '2' });
  });

  it('takes no name that every object has for one that was given', () => {
    const names = Object.getOwnPropertyNames(Object.prototype).filter(
      (name) => name !== '__proto__',
    );
    fc.assert(
      fc.property(fc.constantFrom(...names), (name) => {
        const request = { prompt: 'x', input_mode: 'script', env: { [name]: 'canary' } } as const;
        const other = storedOf(request, { isOwn: false });
        expect(() => rerunRequest(other, {})).toThrow(`the values of ${name} are known`);
        expect(rerunRequest(other, { env: { [name]: '1' } }).env).toEqual({ [name]: '1' });
      }),
    );
  });

  it.each([
    [{ prompt: undefined }, {}, 'the text'],
    [{ payload: undefined, mode: 'script' }, {}, 'the job'],
  ] as const)('says what is gone of %j', (more, changes, what) => {
    const gone = { code: 'input_gone', message: expect.stringContaining(`${what} of the task`) };
    const ask = () => rerunRequest(storedOf({ prompt: 'x' }, more), changes);
    expect(ask).toThrow(expect.objectContaining(gone));
  });
});

import { FakeWorld, type WorldOptions } from './fake-world.ts';
import { type Answers, ScriptedInference, honest } from './scripted-inference.ts';

export const output = { description: 'it prints the number', exit_code: 0 };
export const commandStep = (more: object = {}) => ({
  step_id: 'count',
  title: 'Count',
  kind: 'sandbox_command',
  command: ['wc', '-w', 'upload/a.txt'],
  inputs: ['upload/a.txt'],
  expected_outputs: [output],
  evidence: ['the output'],
  ...more,
});
export const answerStep = (more: object = {}) => ({
  step_id: 'say',
  title: 'Say it',
  kind: 'model_answer',
  instruction: 'Say how many.',
  expected_outputs: [{ description: 'it says the number' }],
  evidence: ['the answer'],
  ...more,
});
export const plan = (...steps: object[]) => ({ steps, assumptions: [], task_name: 'Word count' });
export const replace = (...command: string[]) => ({
  recommended_actions: [{ action: 'replace_command', text: 'another', command }],
});
export const never = new AbortController().signal;
const files = { 'upload/a.txt': 'one two three' };

interface Scripts {
  readonly plan?: Answers;
  readonly verdict?: Answers;
  readonly remediation?: Answers;
}

/** A world and a model in which all goes well, but for what is told. */
export function scene(options: WorldOptions = {}, scripts: Scripts = {}) {
  const world = new FakeWorld({ files, run: () => ({ stdout: '3 upload/a.txt\n' }), ...options });
  const model = new ScriptedInference({
    plan: [plan(commandStep())],
    verdict: honest,
    remediation: [replace('cat', 'x')],
    ...scripts,
  });
  return { world, model };
}

export const commands = ({ jobs }: FakeWorld) =>
  [...jobs.values()].map(({ asked }) => asked.command);

import { describe, expect, it } from 'vitest';
import { answerStep, commandStep, commands, plan, scene } from '../../../test/support/scene.ts';
import { blockOf } from '../../../test/support/scripted-inference.ts';
import { walk } from '../../../test/support/walk.ts';
import { ToolFailure } from '../../ports/tools.ts';

describe('a plan', () => {
  it.each([
    ['no JSON', 'I will count the words.'],
    ['another shape', { steps: 'count' }],
    ['no steps', { steps: [] }],
    [
      'the words of the task as a command',
      plan(commandStep({ command: ['sh', '-c', 'Count the words of the file.'] })),
    ],
    ['a file that nobody has', plan(commandStep({ inputs: ['upload/b.txt'] }))],
    ['a kind that nothing runs', plan({ ...answerStep(), kind: 'sandbox_agent' })],
    ['half of a character', plan(commandStep({ title: '\ud800' }))],
  ])('that is %s goes back to the planner, with what is wrong', async (_what, wrong) => {
    const { world, model } = scene({}, { plan: [wrong, plan(commandStep())] });
    const { state } = await walk(world, model);
    expect(state.planner_degraded).toBeUndefined();
    const [, mended] = model.of('plan');
    expect(mended?.question.messages.at(-1)?.content).toMatch(/<<< faults\n- /);
    expect(world.task.status).toBe('completed');
    expect(commands(world)).toEqual([['wc', '-w', 'upload/a.txt']]);
  });

  it('that was cut goes back with that', async () => {
    const { world, model } = scene({}, { plan: ['{"steps": [ …', plan(commandStep())] });
    await walk(world, model);
    expect(model.of('plan')[1]?.question.messages.at(-1)?.content).toContain('cut for its length');
    expect(world.task.status).toBe('completed');
  });

  it('is made with files of all sizes and kinds in view, and the text of the small ones', async () => {
    const files = {
      'upload/a.txt': 'one',
      'upload/big': 'x'.repeat(300_000),
      'upload/c': 'a\u0000',
    };
    const { world, model } = scene({ files });
    await walk(world, model);
    const [asked] = model.of('plan');
    expect(asked && blockOf(asked, 'files').split('\n')).toEqual([
      'upload/a.txt (3 bytes)',
      'upload/big (300000 bytes)',
      'upload/c (2 bytes)',
    ]);
    expect(asked?.blocks.flatMap(({ label }) => label ?? [])).toEqual(['upload/a.txt']);
  });

  it('may stand in a fence, and have words around it', async () => {
    const fenced = `Sure:\n\`\`\`json\n${JSON.stringify(plan(commandStep()))}\n\`\`\``;
    const { world, model } = scene({}, { plan: [fenced] });
    await walk(world, model);
    expect(model.of('plan')).toHaveLength(1);
    expect(world.task.status).toBe('completed');
  });

  it('that stays wrong after two rounds is an answer, and the task says so', async () => {
    const { world, model } = scene({ run: () => ({ stdout: 'Three.' }) }, { plan: ['no'] });
    const { state } = await walk(world, model);
    expect(model.of('plan')).toHaveLength(3);
    expect(state.planner_degraded).toBe(true);
    expect(state.plan?.steps).toMatchObject([{ kind: 'model_answer' }]);
    expect(world.task.summary).toContain('planner_degraded');
    expect(commands(world)).toEqual([undefined]);
  });

  it('that asks the user ends the task with the question', async () => {
    const { world, model } = scene({}, { plan: [{ steps: [], question: 'Which file?' }] });
    const { state } = await walk(world, model);
    expect(state.failure).toEqual({ code: 'needs_clarification', message: 'Which file?' });
    expect(world.task).toMatchObject({ status: 'failed', metadata: { failure: state.failure } });
    expect(world.task.summary).toContain('Which file?');
  });

  it('keeps to the languages that are allowed', async () => {
    const preferences = { 'code.language.disallowed': ['python'] };
    const python = plan(commandStep({ command: ['/usr/bin/python3.12', 'x.py'] }));
    const { world, model } = scene({ preferences }, { plan: [python, plan(commandStep())] });
    await walk(world, model);
    expect(commands(world)).toEqual([['wc', '-w', 'upload/a.txt']]);
    const none = scene({
      preferences: { ...preferences, 'code.language.rank_ordered': [{ language: 'Python' }] },
    });
    const { state } = await walk(none.world, none.model);
    expect(state.failure?.code).toBe('plan_invalid');
    expect(none.model.asked).toEqual([]);
  });

  it.each([
    [true, 'Word count'],
    [false, 'count-words'],
  ])('names a task whose name was made up (%s)', async (name_provisional, name) => {
    const { world, model } = scene({ metadata: { name_provisional } });
    await walk(world, model);
    expect(world.task.task_name).toBe(name);
  });

  it('does without a name that cannot be had, and without a prompt', async () => {
    const { world, model } = scene({
      before: (tool, { task }) => {
        if (tool === 'db.task.update' && task.summary === null && task.status === 'running') {
          if (!named) throw new ToolFailure('invalid_arguments', 'no such name');
        }
        named ||= tool === 'job.run';
      },
    });
    let named = false;
    world.task = { ...world.task, prompt: null };
    await walk(world, model);
    expect(world.task).toMatchObject({ status: 'completed', task_name: 'count-words' });
  });

  it('takes the next name where one is taken', async () => {
    let taken = 2;
    const { world, model } = scene({
      before: (tool) => {
        if (tool === 'db.task.update' && taken-- > 0) throw new ToolFailure('conflict', 'taken');
      },
    });
    await walk(world, model);
    expect(world.task.task_name).toBe('Word count-3');
  });
});

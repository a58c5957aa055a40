import { describe, expect, it } from 'vitest';
import { answerStep, commandStep, commands, plan, scene } from '../../../test/support/scene.ts';
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

import type { GraphState } from '@cynodeai/contracts/agents';
import { describe, expect, it } from 'vitest';
import { type FakeWorld, taskId } from '../../test/support/fake-world.ts';
import {
  answerStep,
  commandStep,
  commands,
  never,
  plan,
  replace,
  scene,
} from '../../test/support/scene.ts';
import { blockOf, honest } from '../../test/support/scripted-inference.ts';
import { nodesOf, walk } from '../../test/support/walk.ts';
import { NoReply } from '../ports/inference.ts';
import { ToolFailure } from '../ports/tools.ts';
import { jobIdOf } from './nodes/dispatch-step.ts';
import { TaskCanceled } from './task-canceled.ts';

describe('a task', () => {
  it('is planned, run, judged by an analyst of its own, and summed up', async () => {
    const { world, model } = scene(
      { criteria: ['the number is right'] },
      { plan: [plan(commandStep(), answerStep({ step_id: 'two' }))] },
    );
    const { state, ran } = await walk(world, model);
    expect(ran).toHaveLength(9);
    expect(world.task).toMatchObject({ status: 'completed', task_name: 'Word count' });
    expect(world.task.summary).toContain('## Criteria');
    expect(world.task.summary).toContain('the number is right: met: it is there');
    expect(state.job_ids_by_step).toEqual({
      '0': jobIdOf(taskId, 0, 1),
      '1': jobIdOf(taskId, 1, 1),
    });
    const [counted, said] = [...world.jobs.values()].map(({ asked }) => asked);
    expect(counted).toMatchObject({ kind: 'sandbox', attachments: ['upload/a.txt'] });
    expect(said?.messages?.[1]?.content).toContain('3 upload/a.txt');
    expect(world.verifications).toMatchObject([
      { status: 'pass', agent_type: 'project_analyst', step_index: 0 },
      { status: 'pass', agent_type: 'project_analyst', step_index: 1 },
    ]);
    expect(model.of('verdict').map((asked) => blockOf(asked, 'criteria'))).toEqual([
      '1. it prints the number',
      '1. it says the number\n2. the number is right',
    ]);
    expect(JSON.stringify(state)).not.toContain('TOKEN');
    expect(model.asked.every(({ system }) => !system.includes('TOKEN'))).toBe(true);
  });

  it('is told to a model in one order, to each role with its own words and preferences', async () => {
    const preferences = {
      'agents.project_manager.additional_context': 'for managers',
      'agents.project_analyst.additional_context': ['for', 'analysts'],
      'language.preferred': 'de',
    };
    const { world, model } = scene({ preferences });
    const { state } = await walk(world, model);
    const [planned] = model.of('plan');
    const [judged] = model.of('verdict');
    expect(planned?.system).toMatch(
      /^\[cynode plan\]\nYou are the manager\.\n\nPlan\.\n\n## Task context[^]*## User additional context\nfor managers$/,
    );
    expect(judged?.system).toMatch(
      /^\[cynode verdict\]\nYou are the analyst\.\n\nJudge\.[^]*## User additional context\nfor\n\nanalysts$/,
    );
    expect(planned && blockOf(planned, 'preferences')).toBe('{\n "language.preferred": "de"\n}');
    expect(planned && blockOf(planned, 'file', 'upload/a.txt')).toBe('one two three');
    expect(state.preferences_applied).toHaveLength(3);
  });

  it('comes to the same when its process dies behind any of its nodes: each job once, each finding once', async () => {
    const fail = (asked: { command?: string[] | undefined }) =>
      asked.command?.[0] === 'wc'
        ? { exit: 1, stderr: 'no' }
        : { stdout: '3\n', leaves: { n: '3' } };
    const make = () => {
      let asked = 0;
      return scene(
        { run: fail },
        {
          plan: [plan(commandStep(), answerStep({ inputs: ['upload/a.txt'] }))],
          // Another one each time it is asked: what was recorded holds.
          remediation: () => replace('cat', String((asked += 1))),
        },
      );
    };
    const whole = make();
    const { state, ran } = await walk(whole.world, whole.model);
    expect(ran).toHaveLength(12);
    for (const crashBehind of ran.keys()) {
      const { world, model } = make();
      const again = await walk(world, model, { crashBehind });
      expect(again.ran).toEqual(ran);
      expect(again.state.job_ids_by_step).toEqual(state.job_ids_by_step);
      expect([...world.executions.entries()]).toEqual([...whole.world.executions.entries()]);
      expect([...world.executions.values()]).toEqual([1, 1, 1]);
      expect(world.verifications).toEqual(whole.world.verifications);
      const told = ({ task }: FakeWorld) => task.summary?.replace(/## Models[^#]*/, '');
      expect(told(world)).toBe(told(whole.world));
    }
  });

  it('goes on from what was recorded of a try, whatever would be found now', async () => {
    const verdicts: object[] = [];
    const { world, model } = scene(
      {},
      {
        verdict: (asked) => {
          const verdict = honest(asked);
          verdicts.push(verdict);
          return verdicts.length === 1 ? verdict : { status: 'fail', criteria: [] };
        },
      },
    );
    await walk(world, model, { crashBehind: 4 });
    expect(verdicts).toHaveLength(1);
    expect(world.task.status).toBe('completed');
  });
});

describe('a step that fails', () => {
  const failing = { run: () => ({ exit: 1, stderr: 'no such file' }) };

  it('is tried again with another command each time, and ends the task with what was found', async () => {
    let tries = 0;
    const { world, model } = scene(failing, {
      remediation: () => replace('wc', '-w', `${(tries += 1)}`),
    });
    const { state } = await walk(world, model);
    expect(commands(world)).toEqual([
      ['wc', '-w', 'upload/a.txt'],
      ['wc', '-w', '1'],
      ['wc', '-w', '2'],
    ]);
    expect(new Set(world.jobs.keys()).size).toBe(3);
    expect(model.of('verdict')).toEqual([]);
    expect(state.failure?.code).toBe('max_attempts');
    expect(world.task.status).toBe('failed');
    expect(world.verifications.map(({ status }) => status)).toEqual(['fail', 'fail', 'fail']);
    expect(JSON.stringify(world.verifications.at(-1)?.findings)).toContain('no such file');
  });

  it.each([
    ['the same command', replace('wc', '-w', 'upload/a.txt')],
    ['no passing cause', { recommended_actions: [{ action: 'retry_transient', text: 'again' }] }],
    ['other words only', { recommended_actions: [{ action: 'change_instruction', text: 'try' }] }],
    ['no JSON', 'try harder'],
  ])('is not tried again with %s', async (_what, answer) => {
    const { world, model } = scene(failing, { remediation: [answer] });
    const { state } = await walk(world, model);
    expect(model.of('remediation')).toHaveLength(2);
    expect(state.failure?.code).toBe('no_remediation');
    expect(world.jobs.size).toBe(1);
  });

  it('is never tried again with a command of any earlier try', async () => {
    const asked = [['b'], ['c'], ['b'], ['d']];
    const { world, model } = scene(
      { ...failing, settings: { 'workflow.max_attempts_per_step': 4 } },
      { remediation: asked.map((command) => replace(...command)) },
    );
    await walk(world, model);
    expect(commands(world)).toEqual([['wc', '-w', 'upload/a.txt'], ['b'], ['c'], ['d']]);
  });

  it('asks the user where nobody else can know', async () => {
    const ask = { recommended_actions: [{ action: 'ask_user', text: 'Where is it?' }] };
    const { world, model } = scene(failing, { remediation: [ask] });
    const { state } = await walk(world, model);
    expect(state.failure).toEqual({ code: 'needs_clarification', message: 'Where is it?' });
  });

  it('of a model is told what was wrong with its answer', async () => {
    const { world, model } = scene(
      {
        run: ({ messages }) => ({
          stdout: messages?.[1]?.content.includes('too long') ? 'ok' : 'x',
        }),
      },
      {
        plan: [plan(answerStep())],
        verdict: (asked) =>
          blockOf(asked, 'stdout') === 'ok'
            ? honest(asked)
            : {
                status: 'fail',
                criteria: [
                  { criterion: 1, met: true, message: 'yes', source: 'stdout', quote: 'x' },
                  { criterion: 2, met: false, message: 'too long', source: '', quote: '' },
                ],
              },
      },
    );
    await walk(world, model);
    expect(world.task.status).toBe('completed');
    expect(world.jobs.size).toBe(2);
    const [, second] = [...world.jobs.values()];
    expect(second?.asked.messages?.[1]?.content).toMatch(/<<< findings\nTry 1 failed: /);
  });
});

describe('models', () => {
  const noPath = new NoReply('no_path', 'no node has a model');
  const failed = new NoReply('failed', 'the model broke off');

  it('are waited for, and found when one comes', async () => {
    let away = 5;
    const { world, model } = scene({}, { plan: () => (away-- > 0 ? noPath : plan(commandStep())) });
    await walk(world, model);
    expect(world.task.status).toBe('completed');
  });

  it('that never come end the task after the time that is set', async () => {
    const { world, model } = scene(
      { settings: { 'workflow.inference_wait_seconds': 120 } },
      { plan: [noPath] },
    );
    const { state } = await walk(world, model);
    expect(model.of('plan')).toHaveLength(5);
    expect(state.failure).toEqual({
      code: 'inference_unavailable',
      message: 'no node has a model',
    });
    expect(world.jobs.size).toBe(0);
    expect(world.task.status).toBe('failed');
  });

  it('that fail are asked three times more, that refuse never', async () => {
    const broken = scene({}, { plan: [failed] });
    await walk(broken.world, broken.model);
    expect(broken.model.of('plan')).toHaveLength(4);
    const refused = scene({}, { plan: [new NoReply('refused', 'not allowed')] });
    const { state } = await walk(refused.world, refused.model);
    expect(refused.model.of('plan')).toHaveLength(1);
    expect(state.failure?.code).toBe('inference_unavailable');
  });

  it('that fail while they judge are no pass', async () => {
    const { world, model } = scene({}, { verdict: [failed], remediation: [failed] });
    await walk(world, model);
    expect(world.task.status).toBe('failed');
    expect(JSON.stringify(world.verifications[0]?.findings)).toContain('verifier_error');
  });
});

describe('bounds', () => {
  it.each([
    [{ 'workflow.max_jobs_per_task': 1 }, 'budget_exhausted', 1],
    [{ 'workflow.max_attempts_per_step': 2 }, 'max_attempts', 2],
    [{ 'workflow.max_steps': 'many' }, 'max_attempts', 3],
  ])('%o end a task with %s', async (settings, code, jobs) => {
    let tries = 0;
    const { world, model } = scene(
      { settings, run: () => ({ exit: 1 }) },
      { remediation: () => replace(`${(tries += 1)}`) },
    );
    const { state } = await walk(world, model);
    expect(state.failure?.code).toBe(code);
    expect(world.jobs.size).toBe(jobs);
  });

  it('of time end a task, and its job', async () => {
    const settings = { 'workflow.max_wall_seconds': 60 };
    const { world, model } = scene({ settings, run: () => 'queued' });
    const { state } = await walk(world, model);
    expect(state.failure).toEqual({ code: 'budget_exhausted', message: 'Its time is over.' });
    expect([...world.jobs.values()].map(({ job }) => job.status)).toEqual(['canceled']);
    const late = scene({
      before: (name, { clock }) => void (name === 'artifact.list' && clock.advance(20_000_000)),
    });
    expect((await walk(late.world, late.model)).state.failure?.code).toBe('budget_exhausted');
    expect(late.world.jobs.size).toBe(0);
  });

  it('of a job end that job alone, and the step fails', async () => {
    const step = commandStep({ timeout_seconds: 1 });
    const { world, model } = scene(
      { run: () => 'running' },
      { plan: [plan(step)], remediation: ['no'] },
    );
    const { state } = await walk(world, model);
    expect(state.last_result).toMatchObject({ job_status: 'canceled', exit_code: null });
    expect(state.failure?.code).toBe('no_remediation');
    expect(world.task.summary).toContain('its job is canceled');
  });
});

describe('a task that somebody else ends', () => {
  it.each(['canceled', 'superseded'] as const)(
    '(%s) ends its graph, which writes nothing more',
    async (status) => {
      for (const at of [
        'db.task.update_status',
        'job.run',
        'db.job.get',
        'db.verification.create',
      ] as const) {
        let isDone = false;
        const { world, model } = scene({
          before: (name, here) => {
            if (name !== at || isDone) return;
            isDone = true;
            here.end(status);
          },
        });
        const end = walk(world, model);
        await expect(end, at).rejects.toThrow(TaskCanceled);
        expect(world.task).toMatchObject({ status, summary: null });
      }
    },
  );

  it('before its job has run does not run it', async () => {
    const { world, model } = scene();
    const { run } = nodesOf(world, model);
    let state: GraphState = { schema_version: 1, task_id: taskId };
    for (const node of ['load_task_context', 'plan_steps', 'dispatch_step'] as const) {
      state = await run(node, state, never);
    }
    world.end('canceled');
    await expect(run('collect_result', state, never)).rejects.toThrow(TaskCanceled);
    expect(world.executions.size).toBe(0);
  });
});

describe('a gateway', () => {
  it('that is away for a while is called again, and one that refuses is not', async () => {
    let away = 20;
    const short = scene({
      before: () => {
        if (away > 0 && (away -= 1) % 2 === 0) throw new ToolFailure('unreachable', 'ECONNREFUSED');
      },
    });
    await walk(short.world, short.model);
    expect(short.world.task.status).toBe('completed');
    const refused = scene({
      before: (name) => {
        if (name === 'artifact.list') throw new ToolFailure('policy_denied', 'no');
      },
    });
    await expect(walk(refused.world, refused.model)).rejects.toThrow('no');
    expect(refused.world.calls.filter((call) => call.endsWith('artifact.list'))).toHaveLength(1);
  });

  it('whose words on a job are final ends the task with them', async () => {
    for (const [type, code] of [
      ['quota_exceeded', 'budget_exhausted'],
      ['invalid_arguments', 'plan_invalid'],
    ] as const) {
      const { world, model } = scene({
        before: (name) => {
          if (name === 'job.run') throw new ToolFailure(type, 'the words of the gateway');
        },
      });
      const { state } = await walk(world, model);
      expect(state.failure).toEqual({ code, message: 'the words of the gateway' });
    }
  });

  it('ends the wait of a graph whose lease is over', async () => {
    const stop = new AbortController();
    const { world, model } = scene({
      before: () => {
        stop.abort(new Error('the lease is over'));
        throw new ToolFailure('unreachable', 'ECONNREFUSED');
      },
    });
    const { run } = nodesOf(world, model);
    const node = run('load_task_context', { schema_version: 1, task_id: taskId }, stop.signal);
    await expect(node).rejects.toThrow('the lease is over');
    expect(world.calls).toHaveLength(1);
  });
});

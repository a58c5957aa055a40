import type { GraphState } from '@cynodeai/contracts/agents';
import { describe, expect, it } from 'vitest';
import { type FakeWorld, taskId } from '../../../test/support/fake-world.ts';
import { answerStep, commandStep, never, plan, scene } from '../../../test/support/scene.ts';
import { nodesOf, walk } from '../../../test/support/walk.ts';
import { ToolFailure } from '../../ports/tools.ts';
import { jobIdOf } from './dispatch-step.ts';

/** A task whose plan is made, and what runs its nodes. */
async function planned(...given: Parameters<typeof scene>) {
  const { world, model } = scene(...given);
  const nodes = nodesOf(world, model);
  let state: GraphState = { schema_version: 1, task_id: taskId };
  for (const node of ['load_task_context', 'plan_steps'] as const) {
    state = await nodes.run(node, state, never);
  }
  return { world, state, ...nodes };
}

const asked = ({ jobs }: FakeWorld) => [...jobs.values()].map((entry) => entry.asked);

describe('a try of a step', () => {
  it('is one job, though it is asked for twice with other files', async () => {
    const { world, state, run } = await planned();
    const once = await run('dispatch_step', state, never);
    world.files.delete('upload/a.txt');
    expect(await run('dispatch_step', state, never)).toEqual(once);
    expect([...world.jobs.keys()]).toEqual([jobIdOf(taskId, 0, 1)]);
  });

  it('goes without a file that is gone, and says so', async () => {
    const { world, state, run, log } = await planned();
    world.files.delete('upload/a.txt');
    await run('dispatch_step', state, never);
    expect(asked(world)[0]?.attachments).toBeUndefined();
    expect(log.text()).toContain('names files that are not there');
  });

  it('has all that its step says, and nothing of what it does not', async () => {
    const more = {
      image_ref: 'alpine:3',
      env: { A: '1' },
      timeout_seconds: 7,
      use_inference: true,
    };
    const { world, state, run } = await planned(
      {},
      { plan: [plan(commandStep({ ...more, inputs: [], network_policy: 'none' }))] },
    );
    await run('dispatch_step', state, never);
    expect(asked(world)[0]).toEqual({
      task_id: taskId,
      job_id: jobIdOf(taskId, 0, 1),
      kind: 'sandbox',
      command: commandStep().command,
      network_policy: 'none',
      ...more,
    });
  });

  it('of a model is shown the files it names, that are text', async () => {
    const { world, model } = scene(
      {
        run: ({ kind }) =>
          kind === 'sandbox'
            ? { stdout: 'x', leaves: { 'n.txt': 'three', b: 'a\0' } }
            : { stdout: 'ok' },
      },
      {
        plan: [
          plan(
            commandStep({
              expected_outputs: ['n.txt', 'b'].map((artifact_path) => ({
                description: 'd',
                artifact_path,
              })),
            }),
            answerStep({ inputs: ['artifacts/n.txt', 'artifacts/b', 'upload/a.txt'] }),
          ),
        ],
      },
    );
    await walk(world, model);
    const words = asked(world)[1]?.messages?.[1]?.content;
    expect(words).toContain('<<< file artifacts/n.txt\nthree\n>>> file');
    expect(words).not.toMatch(/<<< file (?:artifacts\/b|upload)/);
  });

  it('that a task which goes on has no room for is no try', async () => {
    const { state, run } = await planned({
      before: (name) => {
        if (name === 'job.run') throw new ToolFailure('conflict', 'another one');
      },
    });
    await expect(run('dispatch_step', state, never)).rejects.toThrow('another one');
  });

  it('needs a plan, and what is collected needs a job', async () => {
    const { state, run } = await planned();
    const { plan: none, ...without } = state;
    expect(none).toBeDefined();
    await expect(run('dispatch_step', without, never)).rejects.toThrow('has no step 0');
    await expect(run('collect_result', state, never)).rejects.toThrow('step 0 has no job');
  });

  it('of a plan from before agents could run is a failure with words', async () => {
    const { state, run } = await planned();
    const { command: _, ...step } = commandStep();
    const agent = { ...step, kind: 'sandbox_agent', instruction: 'do it', timeout_seconds: 3 };
    const old = { ...state, plan: { steps: [agent], assumptions: [] } } as unknown as GraphState;
    expect((await run('dispatch_step', old, never)).failure?.code).toBe('plan_invalid');
  });
});

describe('the end of a graph', () => {
  it('that failed without a word of why says that its tries are over', async () => {
    const { world, state, run } = await planned();
    const { bounds: _, started_at: __, ...old } = state;
    const dispatched = await run('dispatch_step', old, never);
    const { failure } = await run('mark_failed', dispatched, never);
    expect(failure).toEqual({ code: 'max_attempts', message: 'Step "Count".' });
    expect(world.task.status).toBe('failed');
  });

  it('is the manager that judges where all analysts work', async () => {
    const settings = { 'agents.project_analyst.max_concurrent': 1 };
    const { world, model } = scene({ settings });
    const free = Promise.withResolvers<void>();
    const deps = {
      analysts: {
        open: async () => {
          await free.promise;
          return { tools: world.toolsOf('project_analyst'), close: async () => {} };
        },
      },
    };
    const { run, elapsedMs } = nodesOf(world, model, deps);
    let state: GraphState = { schema_version: 1, task_id: taskId };
    for (const node of [
      'load_task_context',
      'plan_steps',
      'dispatch_step',
      'collect_result',
    ] as const) {
      state = await run(node, state, never);
    }
    const began = elapsedMs();
    const first = run('verify_step_result', state, never);
    const second = await Promise.race([first, run('verify_step_result', state, never)]);
    expect(second.verification?.status).toBe('pass');
    expect(elapsedMs() - began).toBe(30_000);
    expect(world.verifications.map((each) => each.agent_type)).toEqual(['project_manager']);
    free.resolve();
    await first;
    expect(world.verifications.map((each) => each.agent_type)).toEqual([
      'project_manager',
      'project_analyst',
    ]);
  });

  it('gives back the place of an analyst that could not be had', async () => {
    const { world, model } = scene();
    let tries = 0;
    const deps = {
      analysts: {
        open: () => {
          tries += 1;
          return Promise.reject(new Error('no token'));
        },
      },
    };
    const { run } = nodesOf(world, model, deps);
    let state: GraphState = { schema_version: 1, task_id: taskId };
    for (const node of [
      'load_task_context',
      'plan_steps',
      'dispatch_step',
      'collect_result',
    ] as const) {
      state = await run(node, state, never);
    }
    for (let round = 0; round < 6; round += 1) {
      await expect(run('verify_step_result', state, never)).rejects.toThrow('no token');
    }
    expect(tries).toBe(6);
  });
});

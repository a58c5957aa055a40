import { once } from 'node:events';
import { type FakeNode, fakeNode } from '@cynodeai/testing/doubles';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import {
  type TestControlPlane,
  runControlPlane,
  spawnControlPlane,
  testControlPlane,
} from './support/control-plane.ts';
import {
  type TaskIds,
  createTask,
  jobIn,
  readJob,
  setLeaseTtl,
  setSetting,
} from './support/tasks.ts';

let plane: TestControlPlane;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(() => plane[Symbol.asyncDispose]());

/** What the events of a task told of its job's standard output. */
async function told({ db }: Pick<TestControlPlane, 'db'>, { taskId }: TaskIds): Promise<string> {
  const events = await readTaskEvents(db, taskId, 0, 10_000);
  return events
    .flatMap(({ data }) => ('text' in data && data.stream === 'stdout' ? [data.text] : []))
    .join('');
}

/** A job that says what it is given and ends when it is told to. */
function talker() {
  let say: (text: string) => void = () => {};
  let all = '';
  const end = Promise.withResolvers<void>();
  return {
    onRun: async (_request: unknown, stopped: AbortSignal, speak: (text: string) => void) => {
      say = speak;
      await Promise.race([end.promise, stopped.aborted || once(stopped, 'abort')]);
      return { stdout: all };
    },
    say: (text: string) => {
      all += text;
      say(text);
    },
    end: () => end.resolve(),
  };
}

/** The second run of a job is told on by the next control plane, behind what the first one said. */
async function goesOn(
  own: TestControlPlane,
  ids: TaskIds,
  second: ReturnType<typeof talker>,
  holder: Awaited<ReturnType<typeof spawnControlPlane>>,
): Promise<void> {
  second.say('of the second ');
  await waitFor(async () => (await told(own, ids)) === 'of the first run of the second ');
  await holder.stop('SIGKILL');
  second.say('run');
  const next = await runControlPlane(own.env);
  try {
    await waitFor(async () => (await told(own, ids)).endsWith(' run'));
    second.end();
    const job = await jobIn(own.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'of the second run' });
    expect(await told(own, ids)).toBe('of the first run of the second run');
  } finally {
    await next.stop();
  }
}

describe('the output of a running job', () => {
  it('is told in the events of its task while it runs, and its end says only the rest', async () => {
    const talk = talker();
    await using node = await fakeNode({ slug: 'live', onRun: talk.onRun });
    await node.join(plane.url);
    const ids = await createTask(plane.db);
    await jobIn(plane.db, ids, 'running');
    await waitFor(() => node.executed.length === 1);
    talk.say('one\n');
    await waitFor(async () => (await told(plane, ids)) === 'one\n');
    talk.say('two\u{1F9E8}\n');
    await waitFor(async () => (await told(plane, ids)) === 'one\ntwo\u{1F9E8}\n');
    expect(await readJob(plane.db, ids)).toMatchObject({ status: 'running', result: null });
    talk.say('last words');
    talk.end();
    await jobIn(plane.db, ids, 'completed');
    expect(await told(plane, ids)).toBe('one\ntwo\u{1F9E8}\nlast words');
    await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
  });

  it('goes on after another control plane took the job over, without gap or repeat', async () => {
    await using own = await testControlPlane();
    await own.stop();
    await setLeaseTtl(own.db, 1);
    const talk = talker();
    await using node = await fakeNode({ slug: 'taken-over', onRun: talk.onRun });
    const child = await spawnControlPlane(own.env);
    await node.join(own.url);
    const ids = await createTask(own.db);
    await waitFor(() => node.executed.length === 1);
    talk.say('before ');
    await waitFor(async () => (await told(own, ids)) === 'before ');
    await child.stop('SIGKILL');
    talk.say('meanwhile ');
    const next = await runControlPlane(own.env);
    try {
      await waitFor(async () => (await told(own, ids)) === 'before meanwhile ');
      talk.say('after');
      talk.end();
      const job = await jobIn(own.db, ids, 'completed');
      expect(job.result).toMatchObject({ stdout: 'before meanwhile after' });
      expect(await told(own, ids)).toBe('before meanwhile after');
      expect(node.executed).toHaveLength(1);
    } finally {
      await next.stop();
    }
  });

  it.each([
    ['on another node', async (node: FakeNode) => node.freeze()],
    ['on its restarted node', async (node: FakeNode) => node.restart()],
  ])('that began anew %s goes on too, whatever its first run had said', async (_where, giveUp) => {
    await using own = await testControlPlane();
    await own.stop();
    await setLeaseTtl(own.db, 2);
    await setSetting(own.db, 'dispatch.max_attempts', 100);
    const [first, second] = [talker(), talker()];
    let runs = 0;
    const onRun: typeof first.onRun = (...run) => {
      runs += 1;
      return (runs === 1 ? first : second).onRun(...run);
    };
    await using node = await fakeNode({ slug: 'gone', onRun });
    await using other = await fakeNode({ slug: 'other', onRun });
    const child = await spawnControlPlane(own.env);
    await node.join(own.url);
    const ids = await createTask(own.db);
    await waitFor(() => runs === 1);
    await other.join(own.url);
    first.say('of the first run ');
    await waitFor(async () => (await told(own, ids)) === 'of the first run ');
    await giveUp(node);
    await waitFor(() => runs === 2);
    await goesOn(own, ids, second, child);
  });

  it('that began anew after its control plane and its node died together goes on too', async () => {
    await using own = await testControlPlane();
    await own.stop();
    await setLeaseTtl(own.db, 2);
    await setSetting(own.db, 'dispatch.max_attempts', 100);
    const [first, second] = [talker(), talker()];
    await using node = await fakeNode({ slug: 'dead', onRun: first.onRun });
    await using other = await fakeNode({ slug: 'other', onRun: second.onRun });
    const before = await spawnControlPlane(own.env);
    await node.join(own.url);
    const ids = await createTask(own.db);
    await waitFor(() => node.executed.length === 1);
    await other.join(own.url);
    first.say('of the first run ');
    await waitFor(async () => (await told(own, ids)) === 'of the first run ');
    await before.stop('SIGKILL');
    node.freeze();
    const between = await spawnControlPlane(own.env);
    await waitFor(() => other.executed.length === 1);
    await goesOn(own, ids, second, between);
  });

  it('is told of many jobs at once, each in its own order', async () => {
    const count = 20;
    const go = Promise.withResolvers<void>();
    await using node = await fakeNode({
      slug: 'many',
      maxConcurrency: count,
      onRun: async ({ job_id: id }, _stopped, say) => {
        const lines = Array.from({ length: 30 }, (_, index) => `${id} ${index}\n`);
        for (const line of lines) {
          say(line);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await go.promise;
        return { stdout: lines.join('') };
      },
    });
    await node.join(plane.url);
    const tasks = await Promise.all(Array.from({ length: count }, () => createTask(plane.db)));
    const wanted = ({ jobId }: TaskIds): string =>
      Array.from({ length: 30 }, (_, index) => `${jobId} ${index}\n`).join('');
    for (const ids of tasks) {
      await waitFor(async () => (await told(plane, ids)) === wanted(ids));
    }
    go.resolve();
    for (const ids of tasks) {
      await jobIn(plane.db, ids, 'completed');
      expect(await told(plane, ids)).toBe(wanted(ids));
    }
  });
});

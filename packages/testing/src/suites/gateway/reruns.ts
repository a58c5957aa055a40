import {
  type CreateTaskRequest,
  type RerunTaskRequest,
  type Task,
  taskArtifactListSchema,
  taskSchema,
} from '@cynodeai/contracts/gateway';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StrictAnswer } from '../strict-caller.ts';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

const commands: CreateTaskRequest = {
  input_mode: 'commands',
  commands: ['echo one', 'echo two'],
  image: 'debian:12',
  env: { A: '1', B: '2' },
  timeout_seconds: 60,
  name: 'nightly',
};

/** New tasks like old ones. See docs/reference/tasks-and-jobs.md#run-again. */
export function testReruns(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  beforeAll(async () => {
    driver = drive();
    who = await driver.newCaller();
  });

  const tryRerun = (
    id: string,
    json?: unknown,
    headers: Readonly<Record<string, string>> = {},
    by: Caller = who,
  ): Promise<StrictAnswer> =>
    driver.call('POST', `/v1/tasks/${id}/rerun`, { token: by.token, json, headers });

  async function rerun(id: string, changes?: RerunTaskRequest): Promise<Task> {
    const answer = await tryRerun(id, changes);
    expect(answer.status, answer.text).toBe(201);
    const task = taskSchema.parse(answer.body);
    expect(answer.headers.get('location')).toBe(`/v1/tasks/${task.id}`);
    return task;
  }

  describe('a rerun', () => {
    it('is a new task of the same input, whatever became of the old one', async () => {
      const old = await driver.create(who, commands);
      for (const [index, reference] of [old.id, old.task_name].entries()) {
        const task = await rerun(reference);
        expect(task).toMatchObject({
          status: 'queued',
          task_name: `nightly-${index + 2}`,
          rerun_of: old.id,
          input_mode: 'commands',
          prompt: old.prompt,
          image: 'debian:12',
          env_names: ['A', 'B'],
          project_id: old.project_id,
        });
        expect((await driver.get(who, `/v1/tasks/${task.id}`)).body).toEqual(task);
      }
      expect((await driver.get(who, `/v1/tasks/${old.id}`)).body).toEqual(old);
      expect(old).not.toHaveProperty('rerun_of');
      // The number of a rerun is no part of the name.
      expect((await rerun('nightly-3')).task_name).toBe('nightly-4');
    });

    it('takes what is changed, and adds variables to the old ones', async () => {
      const old = await driver.create(who, { ...commands, name: 'changed' });
      const other = await rerun(old.id, {
        commands: ['echo three'],
        image: 'alpine:3',
        env: { B: '3', C: '4' },
        task_name: 'Other One',
      });
      expect(other).toMatchObject({
        task_name: 'other-one',
        prompt: 'echo three',
        image: 'alpine:3',
        env_names: ['A', 'B', 'C'],
      });
      const script = await rerun(old.id, { input_mode: 'script', prompt: 'echo' });
      expect(script).toMatchObject({ input_mode: 'script', prompt: 'echo', image: 'debian:12' });
      const asked = await rerun(old.id, { input_mode: 'prompt', prompt: 'why?' });
      expect(asked).toMatchObject({ input_mode: 'prompt', prompt: 'why?' });
      expect(asked).not.toHaveProperty('image');
      expect(asked).not.toHaveProperty('env_names');
    });

    it('of a task without a name of its own is named anew by its text', async () => {
      const old = await driver.create(who, { prompt: 'what is up' });
      expect((await rerun(old.id)).task_name).toBe('what-is-up-2');
      expect((await rerun(old.id, { prompt: 'what is down' })).task_name).toBe('what-is-down');
    });

    it('has the files of the old one for itself', async () => {
      const bytes = Buffer.from('one\ntwo ä');
      const old = await driver.create(who, {
        ...commands,
        attachments: [
          { name: 'b', content_type: 'text/x', content_base64: bytes.toString('base64') },
          { name: 'a', content_base64: '' },
        ],
      });
      const task = await rerun(old.id);
      const shown = ({ attachments }: Task) =>
        attachments.map(({ artifact_id: _id, ...file }) => file);
      expect(shown(task)).toEqual(shown(old));
      await driver.cancel(who, old.id);
      expect((await driver.delete(who, old.id)).status).toBe(200);
      const list = await driver.get(who, `/v1/tasks/${task.id}/artifacts`);
      const { artifacts } = taskArtifactListSchema.parse(list.body);
      const [file] = artifacts.filter(({ name }) => name === 'b');
      const path = `/v1/tasks/${task.id}/artifacts/${file?.artifact_id}`;
      expect((await driver.get(who, path)).text).toBe(bytes.toString());
      // The old one is gone, and its rerun can be run again.
      expect((await rerun(task.id)).rerun_of).toBe(task.id);
    });

    it('has the words and the standard input of the old one', async () => {
      const attachments = [{ name: 'stdin', content_base64: 'YQ==' }];
      const script = { input_mode: 'script', prompt: 'cat', args: ['a b'] } as const;
      const old = await driver.create(who, {
        ...script,
        args: [...script.args],
        stdin: true,
        attachments,
      });
      const task = await rerun(old.id);
      expect(task).toMatchObject({ ...script, attachments: [{ name: 'stdin', size_bytes: 1 }] });
      expect(await rerun(task.id, { args: ['c'] })).toMatchObject({ prompt: 'cat', args: ['c'] });
      const command = await driver.create(who, { input_mode: 'commands', args: ['ls', '-la'] });
      expect(await rerun(command.id)).toMatchObject({ prompt: 'ls -la', args: ['ls', '-la'] });
      expect(await rerun(command.id, { args: ['id'] })).toMatchObject({ prompt: 'id' });
    });

    it('is made once under a key, and another change is refused', async () => {
      const { id } = await driver.create(who, { ...commands, name: 'once' });
      const headers = { 'idempotency-key': `rerun-${id}` };
      const first = await tryRerun(id, { timeout_seconds: 5 }, headers);
      const again = await tryRerun(id, { timeout_seconds: 5 }, headers);
      expect([again.status, again.body]).toEqual([201, first.body]);
      expectProblem(await tryRerun(id, { timeout_seconds: 6 }, headers), 409, 'conflict');
      const other = await driver.create(who, { ...commands, name: 'twice' });
      expectProblem(await tryRerun(other.id, { timeout_seconds: 5 }, headers), 409, 'conflict');
    });

    it.each<readonly [string, unknown, number, string]>([
      ['an unknown field', { color: 'red' }, 400, 'validation'],
      ['attachments', { attachments: [] }, 400, 'validation'],
      ['a blank text', { commands: [' '] }, 400, 'validation'],
      [
        'a time limit for a prompt',
        { input_mode: 'prompt', timeout_seconds: 5 },
        400,
        'validation',
      ],
      ['an image that is none', { image: '..' }, 400, 'validation'],
    ])('is refused with %s', async (_title, json, status, kind) => {
      const { id } = await driver.create(who, commands);
      expectProblem(await tryRerun(id, json), status, kind);
    });

    it('of a task of somebody else takes no value of its variables', async () => {
      const { id } = await driver.create(who, commands);
      const overseer = await driver.newCaller();
      await driver.grant(overseer, 'operator');
      const refused = await tryRerun(id, { commands: ['env'], env: { A: '1' } }, {}, overseer);
      expectProblem(refused, 409, 'conflict');
      expect(refused.text).toContain('B');
      const project_id = (await driver.me(overseer)).default_project_id;
      const given = { env: { A: '1', B: '1' }, ...(project_id !== undefined && { project_id }) };
      expect((await tryRerun(id, given, {}, overseer)).status).toBe(201);
    });

    it('is for those who may read the task and create one', async () => {
      const { id } = await driver.create(who, commands);
      const stranger = await driver.newCaller();
      expectProblem(await tryRerun(id, {}, {}, stranger), 404, 'not_found');
      const viewer = await driver.newCaller();
      const own = await driver.create(viewer, commands);
      await driver.grant(viewer, 'viewer');
      expectProblem(await tryRerun(own.id, {}, {}, viewer), 403, 'authorization');
    });
  });
}

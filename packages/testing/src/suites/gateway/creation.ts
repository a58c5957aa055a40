import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import { uuidv7 } from '@cynodeai/runtime/std';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

/** How tasks are made. See docs/reference/tasks-and-jobs.md#create. */
export function testCreation(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  beforeAll(async () => {
    driver = drive();
    who = await driver.newCaller();
  });

  describe('creating a task', () => {
    it('answers at once with the task, which is found by uuid and by name', async () => {
      const request = { prompt: 'Say hello', task_name: 'Say: Hello!' };
      const answer = await driver.tryCreate(who, request);
      const id = String(answer.body['id']);
      expect(answer.status).toBe(201);
      expect(answer.headers.get('location')).toBe(`/v1/tasks/${id}`);
      expect(answer.body).toMatchObject({
        task_id: id,
        task_name: 'say-hello',
        status: 'queued',
        input_mode: 'prompt',
        prompt: 'Say hello',
        attachments: [],
      });
      for (const reference of [id, id.toUpperCase(), 'say-hello']) {
        expect((await driver.get(who, `/v1/tasks/${reference}`)).body).toEqual(answer.body);
      }
    });

    it.each<[string, CreateTaskRequest, string, string]>([
      [
        'a prompt',
        { prompt: 'rm -rf x; $(id)', input_mode: 'prompt' },
        'prompt',
        'rm -rf x; $(id)',
      ],
      [
        'a script',
        { prompt: '#!/bin/sh\nid\n', input_mode: 'script' },
        'script',
        '#!/bin/sh\nid\n',
      ],
      ['lines', { prompt: 'a\n\nb', input_mode: 'commands' }, 'commands', 'a\n\nb'],
      ['items', { commands: ['a', ' ', 'b  c'], input_mode: 'commands' }, 'commands', 'a\nb  c'],
    ])('keeps the text of %s', async (_title, request, mode, prompt) => {
      const task = await driver.create(who, request);
      expect(task).toMatchObject({ input_mode: mode, prompt });
    });

    it('numbers names that are taken, makes up one that is missing, and keeps one apart from uuids', async () => {
      const name = async (request: CreateTaskRequest) =>
        (await driver.create(who, request)).task_name;
      expect(await name({ prompt: 'x', task_name: 'Job' })).toBe('job');
      expect(await name({ prompt: 'x', name: 'job' })).toBe('job-2');
      expect(await name({ prompt: 'x', name: 'JOB!' })).toBe('job-3');
      expect(await name({ prompt: 'One two, three four five six seven' })).toBe(
        'one-two-three-four-five-six',
      );
      expect(await name({ prompt: '???' })).toBe('task');
      expect(await name({ prompt: 'x', name: 'y'.repeat(80) })).toBe('y'.repeat(63));
      const id = uuidv7();
      expect(await name({ prompt: 'x', name: id })).toBe(`task-${id}`);
      expect((await driver.create(await driver.newCaller(), { prompt: 'job' })).task_name).toBe(
        'job',
      );
    });

    it('takes words for a script, and a command that no shell reads', async () => {
      const script = { input_mode: 'script', prompt: 'echo "$@"', args: ['a b', ''] } as const;
      const made = await driver.create(who, { ...script, args: [...script.args] });
      expect(made).toMatchObject(script);
      const command = await driver.create(who, { input_mode: 'commands', args: ['ls', '-la'] });
      expect(command).toMatchObject({ prompt: 'ls -la', args: ['ls', '-la'] });
      expect((await driver.get(who, `/v1/tasks/${command.id}`)).body).toEqual(command);
    });

    it.each<[string, number, string, unknown]>([
      ['words of a prompt', 400, 'args', { prompt: 'x', args: ['a'] }],
      [
        'a command beside others',
        400,
        'args',
        { input_mode: 'commands', args: ['a'], prompt: 'b' },
      ],
      ['an empty command', 400, 'args', { input_mode: 'commands', args: [''] }],
      ['no words', 400, 'args', { input_mode: 'commands', args: [] }],
      ['input of a prompt', 400, 'stdin', { prompt: 'x', stdin: true }],
      ['input that was not sent', 400, 'stdin', { input_mode: 'script', prompt: 'x', stdin: true }],
    ])('refuses %s', async (_title, status, field, request) => {
      expectProblem(await driver.tryCreate(who, request), status, 'validation', field);
    });

    it('takes standard input as the attachment of that name', async () => {
      const attachments = [{ name: 'stdin', content_base64: 'YQ==' }];
      const task = { input_mode: 'script', prompt: 'cat', stdin: true, attachments } as const;
      const { body } = await driver.tryCreate(who, task);
      expect(body['attachments']).toMatchObject([{ name: 'stdin', size_bytes: 1 }]);
    });

    it('refuses more words than fit', async () => {
      const args = ['a', 'b'.repeat(97 * 1024)];
      const answer = await driver.tryCreate(who, { input_mode: 'commands', args });
      expectProblem(answer, 413, 'payload_too_large');
    });

    it('shows the image of its sandbox, and of its variables the names alone', async () => {
      const request = { prompt: 'x', input_mode: 'script' } as const;
      const env = { B_KEY: 'canary-value', A: '' };
      const answer = await driver.tryCreate(who, { ...request, image: 'debian:12', env });
      expect(answer.body).toMatchObject({ image: 'debian:12', env_names: ['A', 'B_KEY'] });
      const { body } = await driver.get(who, `/v1/tasks/${String(answer.body['id'])}`);
      expect(body).toEqual(answer.body);
      expect(JSON.stringify(body)).not.toContain('canary-value');
      const plain = await driver.create(who, { ...request, env: {} });
      expect(Object.keys(plain)).not.toContain('env_names');
    });

    it('takes the default project by uuid and by slug, and no project nobody sees', async () => {
      const { project_id: own } = await driver.create(who);
      const { id } = await driver.me(who);
      for (const project_id of [own ?? '', `default-${id}`]) {
        expect(await driver.create(who, { prompt: 'x', project_id })).toMatchObject({
          project_id: own,
        });
      }
      for (const project_id of [uuidv7(), 'no-such-project']) {
        expectProblem(await driver.tryCreate(who, { prompt: 'x', project_id }), 404, 'not_found');
      }
    });
  });
}

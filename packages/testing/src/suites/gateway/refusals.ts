import { limits } from '@cynodeai/contracts/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

/** What is no task. See docs/reference/tasks-and-jobs.md#input-modes. */
export function testRefusals(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  beforeAll(async () => {
    driver = drive();
    who = await driver.newCaller();
  });

  describe('a new task', () => {
    it.each([
      ['surprise', { prompt: 'x', surprise: 1 }],
      ['prompt', {}],
      ['prompt', { prompt: ' \n' }],
      ['prompt', { prompt: 5 }],
      ['prompt', { prompt: 'a\u0000b' }],
      ['input_mode', { prompt: 'x', input_mode: 'shell' }],
      ['commands', { commands: ['x'] }],
      ['commands', { commands: ['x'], prompt: 'x', input_mode: 'commands' }],
      ['commands', { commands: [' ', ''], input_mode: 'commands' }],
      ['timeout_seconds', { prompt: 'x', timeout_seconds: 5 }],
      ['timeout_seconds', { prompt: 'x', input_mode: 'script', timeout_seconds: 0 }],
      ['image', { prompt: 'x', image: 'debian:12' }],
      ['image', { prompt: 'x', input_mode: 'script', image: '--privileged' }],
      ['env', { prompt: 'x', env: { A: 'b' } }],
      ['env', { prompt: 'x', input_mode: 'script', env: { '1A': 'b' } }],
      ['env', { prompt: 'x', input_mode: 'script', env: { CYNODE_JOB_ID: 'b' } }],
      ['name', { prompt: 'x', task_name: 'a', name: 'b' }],
      ['project_id', { prompt: 'x', project_id: 'No Slug' }],
      ['attachments.0.name', { prompt: 'x', attachments: [{ name: '../a', content_base64: '' }] }],
      [
        'attachments.1.name',
        {
          prompt: 'x',
          attachments: [
            { name: 'a', content_base64: '' },
            { name: 'a', content_base64: '' },
          ],
        },
      ],
    ])('names the field %s of %j and makes nothing', async (field, json) => {
      expectProblem(await driver.tryCreate(who, json), 400, 'validation', field);
      expect((await driver.list(who)).tasks).toEqual([]);
    });

    it('refuses what is no JSON object', async () => {
      const { token } = who;
      const post = (raw: string, type = 'application/json') =>
        driver.call('POST', '/v1/tasks', { token, raw, headers: { 'content-type': type } });
      expectProblem(await post('{"prompt":'), 400, 'validation');
      expectProblem(await post('["x"]'), 400, 'validation');
      expectProblem(await post(''), 400, 'validation');
      expectProblem(
        await post('prompt=x', 'application/x-www-form-urlencoded'),
        415,
        'unsupported_media_type',
      );
    });

    it.each([
      ['prompt', limits.promptBytes],
      ['script', limits.scriptBytes],
      ['commands', limits.commandsBytes],
    ] as const)('takes a %s of %i bytes and no byte more', async (mode, bytes) => {
      const of = (length: number) => ({ prompt: 'x'.repeat(length), input_mode: mode, name: 'n' });
      expect((await driver.create(who, of(bytes))).prompt).toHaveLength(bytes);
      expectProblem(await driver.tryCreate(who, of(bytes + 1)), 413, 'payload_too_large');
    });
  });
}

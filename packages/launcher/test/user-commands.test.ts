import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type FakeGateway, json, problem } from '@cynodeai/testing/doubles';
import { Child, startInTerminal } from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';
import { Stage } from './support/stage.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const canary = 'canary passphrase 7f3a';
const ids = {
  admin: '0198c0de-0000-7000-8000-00000000000a',
  ada: '0198c0de-0000-7000-8000-00000000000b',
};
const listed = Object.entries(ids).map(([handle, id]) => ({ handle, id }));
const resetOf = (id: string): `POST ${string}` => `POST /v1/users/${id}/reset_password`;

async function stageWith(): Promise<{ readonly stage: Stage; readonly gateway: FakeGateway }> {
  const stage = await Stage.open();
  const gateway = await stage.running();
  gateway.on('GET /v1/users', json(200, { users: listed }));
  for (const id of Object.values(ids)) {
    gateway.on(resetOf(id), (_request, response) => void response.writeHead(204).end());
  }
  stage.file('pw', `${canary}\n`);
  return { stage, gateway };
}

const run = ({ env }: Stage, words: readonly string[], input = ''): Child =>
  new Child(process.execPath, [main, 'user', ...words], { env, input });
const told = (gateway: FakeGateway, id: string): unknown[] =>
  gateway.of(resetOf(id)).map(({ json: body }) => body);

describe('cynode user passwd', () => {
  it.each([
    ['a file', ['ada', '--password-file', 'HOME/pw'], '', 'ada'],
    ['standard input', ['ada', '--password-stdin'], `${canary}\n`, 'ada'],
    ['standard input as a file', ['--password-file', '-'], `${canary}\n`, 'admin'],
  ] as const)('takes it from %s and tells it to nobody', async (_what, words, input, handle) => {
    const { stage, gateway } = await stageWith();
    await using _stage = stage;
    const home = stage.env['HOME'] ?? '';
    const said = words.map((word) => word.replace('HOME', home));
    const { code, stdout, stderr } = await run(stage, ['passwd', ...said], input).outcome;
    expect([code, stdout]).toEqual([0, `user=${handle} password_changed=true\n`]);
    expect(told(gateway, ids[handle])).toEqual([{ new_password: canary }]);
    expect(stdout + stderr).not.toContain(canary);
  });

  it('asks twice at a terminal, without echo, and changes nothing where the two differ', async () => {
    const { stage, gateway } = await stageWith();
    await using _stage = stage;
    for (const again of [canary, 'something else']) {
      const { env } = stage;
      const child = startInTerminal(process.execPath, [main, 'user', 'passwd'], {
        env,
        columns: 80,
      });
      await child.printed('New password of admin:');
      child.write(`${canary}\n`);
      await child.printed('Again:');
      child.write(`${again}\n`);
      const { code, stdout } = await child.outcome;
      expect(code).toBe(again === canary ? 0 : 2);
      expect(stdout).not.toContain(canary);
    }
    expect(told(gateway, ids.admin)).toEqual([{ new_password: canary }]);
  });

  it.each([
    ['nobody has the handle', ['eve', '--password-stdin'], 'there is no user eve'],
    ['the file is not there', ['--password-file', '/nowhere/pw'], 'cannot read the password from'],
    ['the file is empty', ['--password-file', '/dev/null'], '/dev/null holds no password'],
    ['the file has no end', ['--password-file', '/dev/zero'], '/dev/zero has more than 64 KiB'],
    ['none is given', [], 'never belongs on a command line'],
    ['it is empty', ['--password-stdin'], 'the password is empty'],
  ])('says so where %s, and asks for nothing to be changed', async (_what, words, says) => {
    const { stage, gateway } = await stageWith();
    await using _stage = stage;
    const input = says.startsWith('there is no') ? canary : '';
    const { code, stderr } = await run(stage, ['passwd', ...words], input).outcome;
    expect([code === 0, stderr.includes(says)]).toEqual([false, true]);
    expect([...told(gateway, ids.admin), ...told(gateway, ids.ada)]).toEqual([]);
  });

  it('passes on what is wrong with the password', async () => {
    const { stage, gateway } = await stageWith();
    await using _stage = stage;
    const why = 'new_password is one of those that are guessed first';
    gateway.on(resetOf(ids.admin), problem(400, 'validation', why));
    const { code, stderr } = await run(stage, ['passwd', '--password-stdin'], 'password1234')
      .outcome;
    expect([code, stderr]).toEqual([125, expect.stringContaining(why)]);
  });
});

describe('cynode user add', () => {
  it('takes the password from a file too', async () => {
    const { stage, gateway } = await stageWith();
    await using _stage = stage;
    const path = join(stage.env['HOME'] ?? '', 'pw');
    writeFileSync(path, canary);
    const at = '2026-11-20T10:00:00.000Z';
    const made = { ...listed[1], is_active: true, created_at: at, updated_at: at };
    gateway.on('POST /v1/users', json(201, made));
    const ran = await run(stage, ['add', 'ada', '--password-file', path]).outcome;
    expect([ran.code, ran.stdout]).toEqual([0, `user_id=${ids.ada} user=ada\n`]);
    expect(gateway.of('POST /v1/users').map(({ json: body }) => body)).toEqual([
      { handle: 'ada', password: canary },
    ]);
  });
});

import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sizeText } from './checked-file.ts';
import { readTaskInput } from './read-task-input.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'task-input-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('readTaskInput', () => {
  it('sends the mode explicitly, for every source', async () => {
    const path = await file('text', 'one\n\ntwo\r\n');
    await expect(readTaskInput({ prompt: 'hi' })).resolves.toEqual({
      input_mode: 'prompt',
      prompt: 'hi',
    });
    await expect(readTaskInput({ taskFile: path, inputMode: 'script' })).resolves.toEqual({
      input_mode: 'script',
      prompt: 'one\n\ntwo\r\n',
    });
    await expect(readTaskInput({ script: path })).resolves.toMatchObject({ input_mode: 'script' });
    await expect(readTaskInput({ commandsFile: path })).resolves.toEqual({
      input_mode: 'commands',
      commands: ['one', 'two'],
    });
    await expect(readTaskInput({ command: ['b', 'a', 'b'] })).resolves.toEqual({
      input_mode: 'commands',
      commands: ['b', 'a', 'b'],
    });
  });

  it.each([
    ['nothing', {}, 'nothing to do'],
    ['an empty list of commands', { command: [] }, 'nothing to do'],
    ['two sources', { prompt: 'a', script: '/x' }, 'one input only'],
    ['an empty text', { prompt: '' }, 'is empty'],
    ['blank commands', { command: ['', ' '] }, 'holds no command'],
    ['a script in another mode', { script: '/x', inputMode: 'commands' }, 'always sent as script'],
    [
      'commands in another mode',
      { command: ['a'], inputMode: 'prompt' },
      'always sent as commands',
    ],
    ['a commands file in another mode', { commandsFile: '/x', inputMode: 'prompt' }, 'always sent'],
    ['inference for a prompt', { prompt: 'a', useInference: true }, 'always has inference'],
    ['a time limit for a prompt', { prompt: 'a', timeoutSeconds: 5 }, 'a prompt takes none'],
  ] as const)('refuses %s', async (_title, flags, why) => {
    await expect(readTaskInput(flags)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(why) as string,
    });
  });

  it('adds name, project, inference and time limit only when they are given', async () => {
    await expect(
      readTaskInput({
        command: ['a'],
        name: 'n',
        projectId: 'p',
        useInference: true,
        timeoutSeconds: 9,
      }),
    ).resolves.toEqual({
      input_mode: 'commands',
      commands: ['a'],
      task_name: 'n',
      project_id: 'p',
      use_inference: true,
      timeout_seconds: 9,
    });
  });

  it('keeps a byte order mark and refuses a socket, a link and a path through a file', async () => {
    const text = '\uFEFF#!/bin/sh\n';
    const script = await file('bom', text);
    await expect(readTaskInput({ script })).resolves.toMatchObject({ prompt: text });
    await symlink(script, join(folder, 'link'));
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    await expect(readTaskInput({ script: socket })).rejects.toThrow('is not a regular file');
    server.close();
    await expect(readTaskInput({ script: join(folder, 'link') })).rejects.toThrow('symbolic link');
    await expect(readTaskInput({ script: join(script, 'x') })).rejects.toThrow('does not exist');
    await expect(readTaskInput({ script: join(folder, 'x'.repeat(300)) })).rejects.toThrow(
      'too long',
    );
    await expect(readTaskInput({ script: 'a\u0000b' })).rejects.toThrow('cannot be read');
  });

  it('counts the whole request against the JSON limit', async () => {
    const limit = 10 * 1024 * 1024;
    const attach = [await file('big', Buffer.alloc(7 * 1024 * 1024 + 400_000))];
    const fits = await readTaskInput({ prompt: 'x', attach });
    expect(Buffer.byteLength(JSON.stringify(fits))).toBeLessThan(limit);
    const more = [...attach, await file('more', Buffer.alloc(300_000))];
    await expect(readTaskInput({ prompt: 'x', attach: more })).rejects.toThrow(
      'the gateway takes 10 MiB (10485760 bytes) in one',
    );
  });
});

describe('sizeText', () => {
  it.each([
    [10 * 1024 * 1024, '10 MiB'],
    [256 * 1024, '256 KiB'],
    [1000, '1000 bytes'],
  ])('writes %i as %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});

import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sizeText } from './checked-file.ts';
import { readTaskInput } from './read-task-input.ts';
import type { TaskInputFlags } from './task-input-flags.ts';

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

async function bodyOf(flags: TaskInputFlags): Promise<CreateTaskRequest> {
  await using input = await readTaskInput(flags);
  return input.body;
}

describe('readTaskInput', () => {
  it('sends the mode explicitly, for every source', async () => {
    const path = await file('text', 'one\n\ntwo\r\n');
    await expect(bodyOf({ prompt: 'hi' })).resolves.toEqual({
      input_mode: 'prompt',
      prompt: 'hi',
    });
    await expect(bodyOf({ taskFile: path, inputMode: 'script' })).resolves.toEqual({
      input_mode: 'script',
      prompt: 'one\n\ntwo\r\n',
    });
    await expect(bodyOf({ script: path })).resolves.toMatchObject({ input_mode: 'script' });
    await expect(bodyOf({ commandsFile: path })).resolves.toEqual({
      input_mode: 'commands',
      commands: ['one', 'two'],
    });
    await expect(bodyOf({ command: ['b', 'a', 'b'] })).resolves.toEqual({
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
      bodyOf({
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

  it.each([
    ['bom.sh', '\uFEFF#!/bin/sh\n', 'byte order mark'],
    ['crlf.sh', '#!/bin/sh\r\necho a\r\n', 'Windows line ends (CRLF)'],
    ['utf16.sh', Buffer.from('\uFEFF#!/bin/sh\n', 'utf16le'), 'UTF-16 text; save it as UTF-8'],
  ])('calls what no shell can run by its name: %s', async (name, content, says) => {
    const script = await file(name, content);
    await expect(bodyOf({ script })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(says),
    });
  });

  it('minds them where a shell does: not in the middle of a script, nor in a text', async () => {
    const script = await file('cat.sh', 'cat <<E\na\r\nE\n');
    await expect(bodyOf({ script })).resolves.toMatchObject({ prompt: 'cat <<E\na\r\nE\n' });
    const taskFile = await file('bom.txt', '\uFEFFhello\r\n');
    await expect(bodyOf({ taskFile })).resolves.toMatchObject({ prompt: '\uFEFFhello\r\n' });
    const commandsFile = await file('bom.cmd', '\uFEFFls\n');
    await expect(bodyOf({ commandsFile })).rejects.toThrow('byte order mark');
  });

  it('refuses a socket, a link and a path through a file', async () => {
    const script = await file('plain', '#!/bin/sh\n');
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

  it('leaves attachments to be read while they are sent, through the handle that was checked', async () => {
    const attach = [await file('kept.md', 'kept'), await file('empty', '')];
    await using input = await readTaskInput({ prompt: 'x', attach });
    expect(input.body).toEqual({ input_mode: 'prompt', prompt: 'x' });
    // Another file in its place is not the one that was checked.
    await rm(attach[0] ?? '');
    await file('kept.md', 'swapped');
    const read = async (): Promise<string[][]> =>
      Promise.all(
        input.files.map(async (one) => {
          let text = '';
          for await (const chunk of one.chunks()) text += Buffer.from(chunk).toString();
          return [one.name, one.contentType, String(one.sizeBytes), text];
        }),
      );
    const expected = [
      ['kept.md', 'text/markdown', '4', 'kept'],
      ['empty', 'application/octet-stream', '0', ''],
    ];
    expect(await read()).toEqual(expected);
    expect(await read()).toEqual(expected);
  });

  it('says when an attachment became shorter while it was sent, and sends no more when it grew', async () => {
    const path = await file('changing', 'x'.repeat(1000));
    await using input = await readTaskInput({ prompt: 'x', attach: [path] });
    const sent = async (): Promise<number> => {
      let bytes = 0;
      for await (const chunk of input.files[0]?.chunks() ?? []) bytes += chunk.length;
      return bytes;
    };
    await writeFile(path, 'y'.repeat(2000));
    expect(await sent()).toBe(1000);
    await writeFile(path, 'y');
    await expect(sent()).rejects.toThrow('became shorter while it was sent');
  });

  it('takes 10 MiB and refuses a byte more, and nothing stays open', async () => {
    const edge = await file('edge', Buffer.alloc(10 * 1024 * 1024));
    const over = await file('over', Buffer.alloc(10 * 1024 * 1024 + 1));
    await using input = await readTaskInput({ prompt: 'x', attach: [edge] });
    expect(input.files[0]?.sizeBytes).toBe(10 * 1024 * 1024);
    const before = (await readdir('/proc/self/fd')).length;
    await expect(readTaskInput({ prompt: 'x', attach: [edge, over] })).rejects.toThrow(
      'over is larger than 10 MiB',
    );
    expect((await readdir('/proc/self/fd')).length).toBe(before);
  });

  it('refuses a name that no header can hold', async () => {
    const attach = [await file('a\nb', 'x')];
    await expect(readTaskInput({ prompt: 'x', attach })).rejects.toThrow('line break');
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

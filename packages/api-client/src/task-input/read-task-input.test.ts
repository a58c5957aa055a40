import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
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

describe('what stands behind --', () => {
  it('is a command and its words, or the words of a script', async () => {
    const script = await file('with-words', 'echo "$@"\n');
    const rest = ['ls', '-la', 'a b', ''];
    await expect(bodyOf({ rest })).resolves.toEqual({ input_mode: 'commands', args: rest });
    await expect(bodyOf({ script, rest })).resolves.toMatchObject({
      input_mode: 'script',
      args: rest,
    });
    await expect(bodyOf({ script, rest: [] })).resolves.not.toHaveProperty('args');
  });

  it.each([
    ['nothing', { rest: [] }, 'no command behind --'],
    ['an empty command', { rest: ['', 'a'] }, 'no command behind --'],
    ['a command beside others', { rest: ['a'], command: ['b'] }, 'one input only'],
    ['words of a prompt', { rest: ['a'], prompt: 'b' }, 'one input only'],
    ['more than fits', { rest: ['a'.repeat(97 * 1024)] }, '96 KiB at most'],
    [
      'too many words',
      { rest: Array.from({ length: 1025 }, () => 'a') },
      '1024 and 96 KiB at most',
    ],
  ] as const)('is refused when it is %s', async (_title, flags, why) => {
    await expect(readTaskInput(flags)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(why) as string,
    });
  });
});

describe('standard input', () => {
  const from = (...texts: readonly (string | Buffer)[]) => ({
    stdin: () => Readable.from(texts.map((text) => Buffer.from(text))),
  });

  it('is a script, judged as one from a file', async () => {
    await using input = await readTaskInput({ script: '-' }, from('echo ', 'a'));
    expect(input.body).toEqual({ input_mode: 'script', prompt: 'echo a' });
    await expect(readTaskInput({ script: '-' }, from())).rejects.toThrow('standard input is empty');
    await expect(readTaskInput({ script: '-' }, from('#!/bin/sh\r\n'))).rejects.toThrow(
      'Windows line',
    );
    await expect(readTaskInput({ script: '-' }, from(Buffer.of(0xff)))).rejects.toThrow(
      'not valid UTF-8',
    );
    const large = from(Buffer.alloc(256 * 1024), 'x');
    await expect(readTaskInput({ script: '-' }, large)).rejects.toThrow('larger than 256 KiB');
  });

  it('goes along as a file of that name, whatever is in it', async () => {
    const bytes = Buffer.from([0, 255, 10]);
    await using input = await readTaskInput({ command: ['cat'], stdin: true }, from(bytes));
    expect(input.body).toMatchObject({ stdin: true, input_mode: 'commands' });
    const [sent] = input.files;
    expect([sent?.name, sent?.sizeBytes]).toEqual(['stdin', 3]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of sent?.chunks() ?? []) chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(bytes);
  });

  it('is refused where nothing reads it, where it is read twice, and beyond 10 MiB', async () => {
    await expect(readTaskInput({ prompt: 'a', stdin: true }, from('x'))).rejects.toThrow(
      '--stdin is for',
    );
    await expect(readTaskInput({ script: '-', stdin: true }, from('x'))).rejects.toThrow(
      'drop --stdin',
    );
    const attach = [await file('stdin', 'x')];
    await expect(readTaskInput({ command: ['a'], stdin: true, attach }, from('x'))).rejects.toThrow(
      'named stdin',
    );
    const large = from(Buffer.alloc(10 * 1024 * 1024), 'x');
    await expect(readTaskInput({ command: ['a'], stdin: true }, large)).rejects.toThrow(
      'larger than 10 MiB',
    );
  });

  it('that never ends is left when the program is told to stop', async () => {
    const stop = new AbortController();
    const endless = new Readable({ read: () => {} });
    const reading = readTaskInput({ script: '-' }, { stdin: () => endless, signal: stop.signal });
    stop.abort();
    await expect(reading).rejects.toThrow(/abort/i);
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

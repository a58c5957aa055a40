import { folderSchema } from '@cynodeai/contracts/gateway';
import { type PackedEntry, packTree } from '@cynodeai/runtime/archive';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

const mtimeSeconds = 1_700_000_000;

function fileEntry(name: string, text: string): PackedEntry {
  const bytes = Buffer.from(text);
  let at = 0;
  const open = () => ({
    read: (into: Buffer, offset: number, length: number): number => {
      const count = bytes.copy(into, offset, at, at + length);
      at += count;
      return count;
    },
    close: () => {},
  });
  return {
    type: 'file',
    name,
    mtimeSeconds,
    sizeBytes: bytes.length,
    executable: false,
    open,
  };
}

const linkEntry = (name: string, target: string): PackedEntry => ({
  type: 'link',
  name,
  target,
  mtimeSeconds,
});

interface ForeignEntry {
  readonly name: string;
  readonly type: keyof typeof typeFlags;
  readonly target?: string;
}

const typeFlags = { file: '0', 'hard link': '1', link: '2', device: '4', pipe: '6' } as const;
const octal = (value: number): string => `${value.toString(8).padStart(7, '0')}\0`;

/** An archive by hand, as no client of ours would make it. */
function foreign(...entries: readonly ForeignEntry[]): Buffer {
  const headers = entries.map(({ name, type, target = '' }) => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    for (const [at, value] of [
      [100, 0o644],
      [108, 0],
      [116, 0],
      [124, 0],
      [136, 0],
    ] as const) {
      block.write(octal(value), at);
    }
    block.write(`        ${typeFlags[type]}`, 148);
    block.write(target, 157);
    block.write('ustar\u000000', 257);
    block.write(octal(block.reduce((sum, byte) => sum + byte, 0)), 148);
    return block;
  });
  return Buffer.concat([...headers, Buffer.alloc(1024)]);
}

/** Folders that tasks are given. See docs/reference/folders.md. */
export function testFolders(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  beforeAll(async () => {
    driver = drive();
    who = await driver.newCaller();
  });

  const send = (caller: Caller, raw: Uint8Array) =>
    driver.call('POST', '/v1/folders', {
      token: caller.token,
      raw,
      headers: { 'content-type': 'application/octet-stream' },
    });

  async function stored(caller: Caller, text = 'all:'): Promise<string> {
    const entries = [
      fileEntry('Makefile', text),
      linkEntry('out', '/etc/passwd'),
      { type: 'folder', name: 'empty', mtimeSeconds: 0 } as const,
    ];
    const answer = await send(caller, await buffer(packTree(entries)));
    expect(answer.status, answer.text).toBe(201);
    const { folder, ...size } = folderSchema.parse(answer.body);
    expect(size).toEqual({ size_bytes: text.length, entries: 3 });
    return folder;
  }

  describe('a folder', () => {
    it('has the name of its content, as often as it is sent', async () => {
      const first = await stored(who);
      expect(await stored(who)).toBe(first);
      expect(await stored(who, 'none:')).not.toBe(first);
      const { body } = await driver.get(who, `/v1/folders/${first}`);
      expect(body).toEqual({ folder: first, size_bytes: 4, entries: 3 });
    });

    it('is given to a task, which shows it', async () => {
      const folder = await stored(who);
      const task = await driver.create(who, { input_mode: 'commands', prompt: 'make', folder });
      expect(task.folder).toBe(folder);
      expect((await driver.get(who, `/v1/tasks/${task.id}`)).body).toMatchObject({ folder });
    });

    it("is nobody's but its sender's", async () => {
      const folder = await stored(who, 'mine');
      const other = await driver.newCaller();
      expectProblem(await driver.get(other, `/v1/folders/${folder}`), 404, 'not_found');
      const task = { input_mode: 'script', prompt: 'make', folder };
      expectProblem(await driver.tryCreate(other, task), 404, 'not_found');
      expect((await driver.list(other)).tasks).toEqual([]);
    });

    it('is for work in a sandbox only, by a well-formed name that is known', async () => {
      const folder = await stored(who);
      const asked = await driver.tryCreate(who, { prompt: 'x', folder });
      expectProblem(asked, 400, 'validation', 'folder');
      const task = { input_mode: 'script', prompt: 'make' };
      const odd = await driver.tryCreate(who, { ...task, folder: 'sha256:1' });
      expectProblem(odd, 400, 'validation', 'folder');
      const unknown = `sha256:${'0'.repeat(64)}`;
      expectProblem(await driver.tryCreate(who, { ...task, folder: unknown }), 404, 'not_found');
      expectProblem(await driver.get(who, `/v1/folders/${unknown}`), 404, 'not_found');
      expectProblem(await driver.get(who, '/v1/folders/x'), 400, 'validation', 'folder');
    });

    it('is not taken from one who may create no task', async () => {
      const viewer = await driver.newCaller();
      await driver.grant(viewer, 'viewer');
      const answer = await send(viewer, await buffer(packTree([fileEntry('a', 'a')])));
      expectProblem(answer, 403, 'authorization');
    });

    it.each([
      ['a path out of it', { name: '../a', type: 'file' }],
      ['an absolute path', { name: '/etc/cron.d/a', type: 'file' }],
      ['a device', { name: 'a', type: 'device' }],
      ['a pipe', { name: 'a', type: 'pipe' }],
      ['a hard link', { name: 'a', type: 'hard link', target: '/etc/passwd' }],
      ['the folder of the job itself', { name: '.cynode/script', type: 'file' }],
    ] as const)('with %s is refused by its name', async (_what, entry) => {
      const answer = await send(who, foreign(entry));
      expectProblem(answer, 400, 'validation');
      expect(answer.body['detail']).toContain(JSON.stringify(entry.name));
    });

    it('with a path below a link, or one that stands there twice, is refused', async () => {
      const link = { name: 'a', type: 'link', target: '/etc' } as const;
      const file = { name: 'a/passwd', type: 'file' } as const;
      expectProblem(await send(who, foreign(link, file)), 400, 'validation');
      expectProblem(await send(who, foreign(file, link)), 400, 'validation');
      expectProblem(await send(who, foreign(file, file)), 400, 'validation');
    });

    it('that is no archive, or ends too early, is refused', async () => {
      const whole = await buffer(packTree([fileEntry('a', 'a'.repeat(5000))]));
      for (const raw of [Buffer.alloc(2000, 'x'), whole.subarray(0, 3000), Buffer.alloc(0)]) {
        expectProblem(await send(who, raw), 400, 'validation');
      }
    });
  });
}

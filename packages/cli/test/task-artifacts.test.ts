import { packFiles } from '@cynodeai/runtime/archive';
import { parseJson } from '@cynodeai/runtime/std';
import type { Outcome } from '@cynodeai/testing/harness';
import { type FakeGateway, alice, json, taskId } from '@cynodeai/testing/doubles';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';

const env = { CYNORK_TOKEN: alice.token };
const listPath = `GET /v1/tasks/${taskId}/artifacts`;

let gateway: FakeGateway;
let home: Home;
let folder: string;

eachTest(async (place) => {
  ({ gateway, home } = place);
  folder = join(await home.file('here/marker', ''), '..');
});

const artifacts = (...args: string[]): Promise<Outcome> =>
  home.run(['task', 'artifacts', ...args], { env });

const artifact = (id: string, name: string) => ({
  artifact_id: id,
  name,
  path: `upload/${name}`,
  content_type: 'text/plain',
  size_bytes: 5,
  created_at: '2026-11-20T10:00:00.000Z',
});

/** What is in the folder beside what the test put there. */
async function left(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== 'marker');
}

describe('cynork task artifacts list', () => {
  it('prints every page as one list, or as one JSON value', async () => {
    const page = (items: object[], next?: string) => ({
      task_id: taskId,
      task_name: 'say-hello',
      artifacts: items,
      ...(next !== undefined && { next_cursor: next }),
    });
    gateway.on(listPath, (request, response) => {
      const second = request.url.includes('cursor=more');
      const body = second ? page([artifact('a2', 'b.md')]) : page([artifact('a1', 'a.md')], 'more');
      return json(200, body)(request, response);
    });
    const listed = await artifacts('list', taskId);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/artifact_id\s+name\s+content_type\s+size_bytes/i);
    expect(listed.stdout).toMatch(/a1\s+a\.md\s+text\/plain\s+5[^]*a2\s+b\.md/);
    const shown = await artifacts('list', taskId, '-o', 'json');
    const row = { content_type: 'text/plain', size_bytes: 5 };
    expect(parseJson(shown.stdout)).toEqual({
      task_id: taskId,
      task_name: 'say-hello',
      artifacts: [
        { artifact_id: 'a1', name: 'a.md', ...row },
        { artifact_id: 'a2', name: 'b.md', ...row },
      ],
    });
  });

  it('says that there is no such task (4)', async () => {
    expect((await artifacts('list', taskId)).code).toBe(4);
  });
});

describe('cynork task artifacts get', () => {
  const bytes = randomBytes(300_000);
  let id: string;
  let file: string;
  let getPath: string;
  beforeEach(() => {
    const content_base64 = bytes.toString('base64');
    const task = gateway.addTask({ attachments: [{ name: 'a.md', content_base64 }] });
    id = task.id;
    file = task.facts.files[0]?.id ?? '';
    getPath = `GET /v1/tasks/${id}/artifacts/${file}`;
  });

  it('saves the bytes, makes folders on the way and says where', async () => {
    const out = join(folder, 'new/deep/file.bin');
    expect(await artifacts('get', id, file, '--out', out)).toMatchObject({
      code: 0,
      stdout: `saved=true path=${out}\n`,
    });
    expect((await readFile(out)).equals(bytes)).toBe(true);
    expect(await readdir(join(folder, 'new/deep'))).toEqual(['file.bin']);
    const other = join(folder, 'other.bin');
    const shown = await artifacts('get', id, file, '--out', other, '-o', 'json');
    expect(parseJson(shown.stdout)).toEqual({ saved: true, path: other });
  });

  it('asks nothing when the file exists, unless it may be replaced', async () => {
    const out = join(folder, 'there');
    await writeFile(out, 'mine');
    const kept = await artifacts('get', id, file, '--out', out);
    expect(kept.code).toBe(2);
    expect(kept.stderr).toContain('--force');
    expect(gateway.requests).toHaveLength(0);
    expect(await readFile(out, 'utf8')).toBe('mine');
    expect((await artifacts('get', id, file, '--out', out, '--force')).code).toBe(0);
    expect((await readFile(out)).equals(bytes)).toBe(true);
    expect(await left()).toEqual(['there']);
  });

  it('needs a place that is no directory', async () => {
    expect((await artifacts('get', id, file)).code).toBe(2);
    await mkdir(join(folder, 'dir'));
    const taken = await artifacts('get', id, file, '--out', join(folder, 'dir'), '--force');
    expect(taken.code).toBe(2);
    expect(gateway.requests).toHaveLength(0);
  });

  it('leaves nothing behind when the download breaks off or is refused', async () => {
    gateway.on(getPath, (_request, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
    });
    const out = join(folder, 'broken');
    expect((await artifacts('get', id, file, '--out', out)).code).toBe(7);
    expect((await artifacts('get', id, taskId, '--out', out)).code).toBe(4);
    expect(await left()).toEqual([]);
  });

  it('does not replace a file that came while it was busy', async () => {
    const out = join(folder, 'late');
    gateway.on(getPath, async (_request, response) => {
      await writeFile(out, 'mine');
      response.writeHead(200, { 'content-length': 1 });
      response.end('x');
    });
    expect((await artifacts('get', id, file, '--out', out)).code).toBe(2);
    expect(await readFile(out, 'utf8')).toBe('mine');
    expect(await left()).toEqual(['late']);
  });

  it('names a place that cannot be written', async () => {
    const out = join(folder, 'marker/below');
    const outcome = await artifacts('get', id, file, '--out', out);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toContain('cannot write below');
  });

  it('does not follow a list without end', async () => {
    const one = { artifact_id: taskId, name: 'a', size_bytes: 1 };
    const page = { task_id: id, artifacts: [one], next_cursor: 'more' };
    gateway.on(`GET /v1/tasks/${id}/artifacts`, json(200, page));
    const outcome = await artifacts('list', id);
    expect(outcome).toMatchObject({ code: 7, stdout: '' });
    expect(outcome.stderr).toContain('has no end');
  });
});

describe('cynork task artifacts get-all', () => {
  const path = `GET /v1/tasks/${taskId}/artifacts:archive`;
  const file = (name: string, text: string) => ({
    name,
    sizeBytes: text.length,
    executable: false,
    chunks: (async function* () {
      yield Buffer.from(text);
    })(),
  });
  const archive = (): Promise<Buffer> =>
    buffer(packFiles([file('report.txt', 'fine'), file('logs/a.txt', 'one')]));

  beforeEach(async () => {
    const bytes = await archive();
    gateway.on(path, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-tar' });
      response.end(bytes);
    });
  });

  it('saves all files with their folders and says how many', async () => {
    const out = join(folder, 'out');
    expect(await artifacts('get-all', taskId, '--out', out)).toMatchObject({
      code: 0,
      stdout: `saved=2 bytes=7 path=${out}\n`,
    });
    expect(await readFile(join(out, 'logs/a.txt'), 'utf8')).toBe('one');
    const again = await artifacts('get-all', taskId, '--out', out);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('add --force to replace it');
    const forced = await artifacts('get-all', taskId, '--out', out, '--force', '-o', 'json');
    expect(parseJson(forced.stdout)).toEqual({
      saved: 2,
      bytes: 7,
      path: out,
      files: ['report.txt', 'logs/a.txt'],
    });
  });

  it('leaves nothing behind when the archive breaks off, and needs a folder', async () => {
    const bytes = await archive();
    gateway.on(path, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-tar' });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
    });
    expect((await artifacts('get-all', taskId, '--out', join(folder, 'out'))).code).toBe(7);
    expect(await left()).toEqual([]);
    expect((await artifacts('get-all', taskId)).code).toBe(2);
    expect((await artifacts('get-all', taskId, '--out', join(folder, 'marker'))).code).toBe(2);
    const words = ['task', 'artifacts', 'get-all', taskId, '--out', join(folder, 'marker')];
    const { length } = gateway.requests;
    // Known before a session is looked for or anything is asked.
    expect(await home.run(words, { env: { CYNORK_TOKEN: '' } })).toMatchObject({ code: 2 });
    expect(gateway.requests).toHaveLength(length);
  });
});

import { readdir, readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { join } from 'node:path';
import { unpackFiles } from '@cynodeai/runtime/archive';
import { waitToPass } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobRequest } from '../support/job-request.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

const value = 'canary/of a+secret?6f1b';
const hex = Buffer.from(value).toString('hex');
const secrets = [
  { name: 'KEY', value },
  { name: 'other.txt', value: 'line one of it\nline two of it\n' },
];

/** What of a secret must not be found, in five encodings. */
const forms = [
  value,
  Buffer.from(value).toString('base64').slice(0, -2),
  Buffer.from(value).toString('base64url').slice(0, -2),
  hex,
  encodeURIComponent(value),
];

/** Paths below a folder that hold a secret; what vanishes meanwhile holds none. */
async function treeHolds(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true }).catch(() => [])) {
    const path = join(root, entry.name);
    if (forms.some((form) => entry.name.includes(form))) found.push(path);
    if (entry.isDirectory()) found.push(...(await treeHolds(path)));
    if (!entry.isFile()) continue;
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (forms.some((form) => bytes.includes(form))) found.push(path);
  }
  return found;
}

/** The folder of a job goes a moment after its result is told. */
const untilGone = (root: string): Promise<void> =>
  waitToPass(async () => expect(await treeHolds(root)).toEqual([]));

describe.each(engines)('a secret of a job, $name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;

  beforeAll(async () => {
    test = await open();
    node = await test.node('node-secrets');
  });
  afterAll(() => test.close());

  const run = (script: string, more: object = {}) =>
    node.jobs.run(jobRequest(script, { secrets, timeout_seconds: 60, ...more }));

  it('is a file that its user alone reads and nobody changes, and in no variable', async () => {
    const result = await run(
      `ls -ld /run/secrets | cut -c1-10; ls -l /run/secrets | cut -c1-10
       wc -c < /run/secrets/KEY; test "$(cat /run/secrets/KEY)" = '${value}' && echo same
       (echo x > /run/secrets/KEY) 2>/dev/null || echo unchanged; (: > /run/secrets/new) 2>/dev/null || echo none added
       env | grep -c '${value}'; true`,
    );
    expect(result).toMatchObject({ exit_code: 0, stderr: '' });
    expect(result.stdout.split('\n').map((line) => line.trim())).toEqual([
      'dr-x------',
      expect.stringMatching(/^total/),
      '-r--------',
      '-r--------',
      String(value.length),
      'same',
      'unchanged',
      'none added',
      '0',
      '',
    ]);
    expect(result.masked).toBeUndefined();
  });

  it('is masked in both streams and in files, live too, and the result says where', async () => {
    const request = jobRequest(
      `cat /run/secrets/KEY; echo; echo ${Buffer.from(value).toString('base64')}; cat /run/secrets/other.txt >&2
       cd /job/artifacts; cp /run/secrets/KEY copy; echo "token=$(cat /run/secrets/KEY);" > conf
       echo fine > plain; sleep 0.2; echo end`,
      { secrets, timeout_seconds: 60 },
    );
    const running = node.jobs.run(request);
    const live: string[] = [];
    const { signal } = new AbortController();
    for await (const piece of node.jobs.output(request.job_id).follow(signal, 10_000)) {
      if (piece !== 'quiet') live.push(piece.text);
    }
    const result = await running;
    expect(result.stdout).toMatch(/^\*\*\*\n\*\*\*=*\nend\n$/);
    expect(result.stderr).toBe('***\n');
    expect(result.masked).toEqual(['stdout', 'stderr', 'artifacts']);
    expect(live.join('')).toContain('***');
    const files: Record<string, string> = {};
    const { chunks } = await node.jobs.artifacts(request.job_id);
    for await (const { name, chunks: bytes } of unpackFiles(chunks)) {
      files[name] = (await buffer(bytes)).toString();
    }
    expect(files).toEqual({ conf: 'token=***;\n', copy: '***', plain: 'fine\n' });
    expect(result.artifacts?.map(({ name, size_bytes }) => [name, size_bytes])).toEqual([
      ['conf', 11],
      ['copy', 3],
      ['plain', 5],
    ]);
    const all = [JSON.stringify(result), live.join(''), JSON.stringify(files)].join('\n');
    for (const form of forms) expect(all).not.toContain(form);
  });

  it('leaves nothing in the folders of node and engine, nor in memory, once the job is over', async () => {
    const result = await run('cat /run/secrets/KEY > /dev/null; exit 3');
    expect(result.exit_code).toBe(3);
    await untilGone(test.stateDir);
    await untilGone('/dev/shm');
  });

  it('is not seen while the job runs, but in the memory of the node and its own folder there', async () => {
    const request = jobRequest('echo up; sleep 1', { secrets, timeout_seconds: 60 });
    const running = node.jobs.run(request);
    const { signal } = new AbortController();
    for await (const piece of node.jobs.output(request.job_id).follow(signal, 10_000)) {
      if (piece === 'quiet') continue;
      expect(await treeHolds(test.stateDir)).toEqual([]);
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        expect(cmdline).not.toContain(value);
        const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        expect(environ).not.toContain(value);
      }
    }
    expect((await running).exit_code).toBe(0);
  });

  it('is gone when the job is ended from outside', async () => {
    const request = jobRequest('echo up; sleep 60', { secrets, timeout_seconds: 60 });
    const running = node.jobs.run(request);
    const { signal } = new AbortController();
    for await (const piece of node.jobs.output(request.job_id).follow(signal, 10_000)) {
      if (piece === 'quiet') continue;
      node.jobs.stop(request.job_id, 0);
      break;
    }
    await running;
    await untilGone('/dev/shm');
  });
});

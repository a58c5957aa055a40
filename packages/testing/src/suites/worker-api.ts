import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { unpackFiles } from '@cynodeai/runtime/archive';
import { uuidv7 } from '@cynodeai/runtime/std';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, send, waitFor } from '../harness/index.ts';

/** A Worker API as its consumer sees it, with commands whose course a test knows. */
export interface WorkerApiUnderTest extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** Names a sandbox that ends well at once. */
  readonly quick: readonly string[];
  /** Names one that runs until it is stopped. */
  readonly endless: readonly string[];
  /** Names one that leaves a file `left` holding `text`. */
  readonly leaving: readonly string[];
  /** Names one that writes a line of `said` and then runs until it is stopped. */
  readonly talking: readonly string[];
}

const run = '/v1/worker/jobs:run';
const stop = '/v1/worker/jobs:stop';
const workspaces = '/v1/worker/workspaces';
const known = (jobId: string): string => `/v1/worker/jobs/${jobId}`;
const ack = (jobId: string): string => `${known(jobId)}:ack`;

function expectProblem(answer: Answer, status: number, kind: string): void {
  expect(answer.json).toMatchObject({ type: `urn:cynodeai:error:${kind}`, status });
  expect(answer.status).toBe(status);
}

/**
 * What the control plane relies on of a node. The real node passes it, and so does the fake one, which may stand for
 * it only as far as this goes.
 */
export function testWorkerApi(name: string, open: () => Promise<WorkerApiUnderTest>): void {
  describe(`the Worker API of ${name}`, () => {
    let node: WorkerApiUnderTest;
    beforeAll(async () => {
      node = await open();
    });
    afterAll(() => node[Symbol.asyncDispose]());

    const call = (method: string, path: string, json?: unknown, token = node.token) =>
      send(method, `${node.url}${path}`, { token, ...(json !== undefined && { json }) });

    const job = (command: readonly string[], leaseId = uuidv7()) => ({
      version: 1,
      task_id: uuidv7(),
      job_id: uuidv7(),
      lease_id: leaseId,
      sandbox: { image: 'tools', command },
    });

    const ids = ({ task_id, job_id }: ReturnType<typeof job>) => ({ version: 1, task_id, job_id });

    const runs = (jobId: string): Promise<Answer> =>
      waitFor(async () => {
        const answer = await call('GET', known(jobId));
        return answer.status === 200 && answer.json?.['status'] === 'in_progress' && answer;
      });

    it('keeps a workspace between jobs, for one at a time, until it is removed', async () => {
      const id = uuidv7();
      const inIt = (command: readonly string[], mustExist: boolean) => {
        const { sandbox, ...more } = job(command);
        const workspace = { workspace_id: id, must_exist: mustExist };
        return { ...more, sandbox: { ...sandbox, workspace } };
      };
      const ids = async () => (await call('GET', workspaces)).json?.['workspace_ids'];
      const lost = await call('POST', run, inIt(node.quick, true));
      expect(lost.json).toMatchObject({ exit_code: 125, error_type: 'workspace_lost' });
      expect(await ids()).toEqual([]);
      const first = await call('POST', run, inIt(node.quick, false));
      expect(first.json).toMatchObject({
        status: 'completed',
        workspace_bytes: expect.any(Number),
      });
      expect(await ids()).toEqual([id]);
      const endless = inIt(node.endless, true);
      const running = call('POST', run, endless);
      await runs(endless.job_id);
      expectProblem(await call('POST', run, inIt(node.quick, true)), 429, 'node_at_capacity');
      const path = `${workspaces}/${id}`;
      expectProblem(await call('DELETE', path), 409, 'job_conflict');
      await call('POST', stop, { version: 1, task_id: endless.task_id, job_id: endless.job_id });
      await running;
      expect((await call('DELETE', path)).status).toBe(204);
      expectProblem(await call('DELETE', path), 404, 'not_found');
      expect(await ids()).toEqual([]);
    });

    it.each([
      ['POST', run],
      ['POST', stop],
      ['GET', known(uuidv7())],
      ['GET', `${known(uuidv7())}/artifacts`],
      ['GET', workspaces],
      ['DELETE', `${workspaces}/${uuidv7()}`],
      ['POST', ack(uuidv7())],
    ])('asks for the token: %s %s', async (method, path) => {
      const body = method === 'POST' ? {} : undefined;
      expectProblem(await call(method, path, body, 'wrong-token'), 401, 'authentication');
      const headers = { 'content-type': 'application/json' };
      const bare = await fetch(`${node.url}${path}`, {
        method,
        headers,
        ...(body && { body: '{}' }),
      });
      expect(bare.status).toBe(401);
      expect(bare.headers.get('content-type')).toContain('application/problem+json');
      await bare.body?.cancel();
    });

    it('keeps what a job left as long as its result', async () => {
      const request = job(node.leaving);
      const archive = `${known(request.job_id)}/artifacts`;
      const { json } = await call('POST', run, request);
      const ref = 'sha256:982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1';
      const left = { name: 'left', content_type: 'application/octet-stream', size_bytes: 4, ref };
      expect(json?.['artifacts']).toEqual([left]);
      const headers = { authorization: `Bearer ${node.token}` };
      const answer = await fetch(`${node.url}${archive}`, { headers });
      expect(answer.headers.get('content-type')).toBe('application/x-tar');
      const files: string[] = [];
      for await (const { name, chunks } of unpackFiles(answer.body ?? Readable.from([]))) {
        files.push(name, (await buffer(chunks)).toString());
      }
      expect(files).toEqual(['left', 'text']);
      expect((await call('POST', ack(request.job_id), ids(request))).status).toBe(204);
      expectProblem(await call('GET', archive), 404, 'not_found');
    });

    it('runs a job, keeps its result until it is acknowledged, and forgets it then', async () => {
      const request = job(node.quick);
      const answer = await call('POST', run, request);
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({
        ...ids(request),
        lease_id: request.lease_id,
        status: 'completed',
        exit_code: 0,
        truncated: { stdout: false, stderr: false },
      });
      const kept = await call('GET', known(request.job_id));
      expect(kept.json).toEqual({
        ...ids(request),
        lease_id: request.lease_id,
        status: 'completed',
        started_at: kept.json?.['started_at'],
        result: answer.json,
      });
      expect((await call('POST', ack(request.job_id), ids(request))).status).toBe(204);
      expectProblem(await call('GET', known(request.job_id)), 404, 'not_found');
      expect((await call('POST', ack(request.job_id), ids(request))).status).toBe(204);
    });

    it('tells what a running job writes, from its beginning, and ends with it', async () => {
      const request = job(node.talking);
      const ended = call('POST', run, request);
      await runs(request.job_id);
      const listen = async (): Promise<{ readonly text: string; readonly events: string[] }> => {
        const answer = await fetch(`${node.url}${known(request.job_id)}/output`, {
          headers: { authorization: `Bearer ${node.token}` },
        });
        expect(answer.headers.get('content-type')).toContain('text/event-stream');
        const text = await answer.text();
        return { text, events: [...text.matchAll(/^event: (.*)$/gm)].map(([, name = '']) => name) };
      };
      const [first, second] = [listen(), listen()];
      await waitFor(async () => {
        const url = `${node.url}${known(request.job_id)}/output`;
        const headers = { authorization: `Bearer ${node.token}` };
        const { body } = await fetch(url, { headers });
        for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
          if (chunk.includes('said')) return true;
        }
        return false;
      });
      await call('POST', stop, { ...ids(request), grace_seconds: 0 });
      await ended;
      for (const heard of await Promise.all([first, second])) {
        expect(heard.text).toContain('"stream":"stdout"');
        expect(heard.text).toContain('said');
        expect(heard.events.at(-1)).toBe('end');
      }
      expect((await listen()).events.at(-1)).toBe('end');
      expectProblem(await call('GET', `${known(uuidv7())}/output`), 404, 'not_found');
    });

    it('answers the same job under the same lease with the same result', async () => {
      const request = job(node.quick);
      const first = await call('POST', run, request);
      expect((await call('POST', run, request)).json).toEqual(first.json);
    });

    it('refuses a job it has under another lease, running or ended', async () => {
      const ended = job(node.quick);
      expect((await call('POST', run, ended)).status).toBe(200);
      expectProblem(await call('POST', run, { ...ended, lease_id: uuidv7() }), 409, 'job_conflict');
      const running = job(node.endless);
      const answer = call('POST', run, running);
      await runs(running.job_id);
      expectProblem(
        await call('POST', run, { ...running, lease_id: uuidv7() }),
        409,
        'job_conflict',
      );
      await call('POST', stop, ids(running));
      await answer;
    });

    it('tells of a running job, does not let it be acknowledged, and stops it', async () => {
      const request = job(node.endless);
      const answer = call('POST', run, request);
      const seen = await runs(request.job_id);
      expect(seen.json).toMatchObject({ ...ids(request), lease_id: request.lease_id });
      expect(seen.json).not.toHaveProperty('result');
      expectProblem(await call('POST', ack(request.job_id), ids(request)), 409, 'job_conflict');
      expect(await call('POST', stop, ids(request))).toMatchObject({
        status: 202,
        json: { version: 1, status: 'stopping' },
      });
      expect((await answer).json).toMatchObject({ ...ids(request), status: 'failed' });
      expect(await call('POST', stop, ids(request))).toMatchObject({
        status: 200,
        json: { version: 1, status: 'not_running' },
      });
    });

    it('knows nothing of other jobs', async () => {
      const other = job(node.quick);
      expectProblem(await call('GET', known(other.job_id)), 404, 'not_found');
      expectProblem(await call('POST', ack(other.job_id), ids(other)), 404, 'not_found');
      expect(await call('POST', stop, ids(other))).toMatchObject({
        status: 200,
        json: { status: 'not_running' },
      });
    });

    it('names the fields of a malformed request', async () => {
      const answer = await call('POST', run, { ...job(node.quick), job_id: 'x', more: 1 });
      expectProblem(answer, 400, 'validation');
      expect(JSON.stringify(answer.json?.['errors'])).toContain('job_id');
      expectProblem(await call('GET', known('x')), 400, 'validation');
    });
  });
}

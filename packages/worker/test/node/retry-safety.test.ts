import { MockOrchestrator, testToken } from '@cynodeai/testing/doubles';
import { waitToPass } from '@cynodeai/testing';
import { parseJson, uuidv7 } from '@cynodeai/runtime/std';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listContainers } from '../../src/adapters/container/docker/containers.ts';
import { Daemon } from '../../src/adapters/container/docker/daemon.ts';
import { importImage } from '../../src/adapters/container/docker/images.ts';
import { killKeeper } from '../support/leftovers.ts';
import { PrivateDocker } from '../support/private-docker.ts';
import { testImage, testImageArchive } from '../support/test-image.ts';
import { NodeInstall, NodeProcess } from './support/node-process.ts';

const hold = ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'];

interface Ids {
  readonly task_id: string;
  readonly job_id: string;
  readonly lease_id: string;
}

const newIds = (): Ids => ({ task_id: uuidv7(), job_id: uuidv7(), lease_id: uuidv7() });
const headers = { 'content-type': 'application/json', authorization: `Bearer ${testToken}` };

function send(
  node: NodeProcess,
  ids: Ids,
  command: readonly string[],
  signal?: AbortSignal,
  seconds?: number,
): Promise<Response> {
  const limit = seconds !== undefined && { timeout_seconds: seconds };
  return fetch(`${node.url}/v1/worker/jobs:run`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ version: 1, ...ids, sandbox: { image: testImage, command, ...limit } }),
    ...(signal && { signal }),
  });
}

async function stateOf(node: NodeProcess, { job_id }: Ids): Promise<Record<string, unknown>> {
  const answer = await fetch(`${node.url}/v1/worker/jobs/${job_id}`, { headers });
  const body: unknown = await answer.json();
  return { http: answer.status, ...Object(body) };
}

/** The texts of a stream of events, joined. */
function textOf(events: string): string {
  const pieces = events.matchAll(/^event: output\ndata: (?<data>.*)$/gm);
  return [...pieces]
    .map(({ groups }) => String(Object(parseJson(groups?.['data'] ?? '{}')).text))
    .join('');
}

/** What a running job has written up to some text, however many pieces it came in. @throws after two seconds without it */
async function outputUpTo(wanted: string, node: NodeProcess, { job_id }: Ids): Promise<string> {
  const url = `${node.url}/v1/worker/jobs/${job_id}/output`;
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(2000) });
  let events = '';
  for await (const chunk of answer.body ?? []) {
    events += Buffer.from(chunk).toString();
    if (textOf(events).includes(wanted)) break;
  }
  return textOf(events);
}

async function ack(node: NodeProcess, { task_id, job_id }: Ids): Promise<number> {
  const url = `${node.url}/v1/worker/jobs/${job_id}:ack`;
  const body = JSON.stringify({ version: 1, task_id, job_id });
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

/** A whole node on a real engine whose daemon, which no kill of the node touches, counts what ran. */
describe('a node process that dies (REQ-WORKER-0149)', () => {
  const orchestrator = new MockOrchestrator();
  let docker: PrivateDocker;
  let daemon: Daemon;
  let install: NodeInstall;
  const startedAt = Math.floor(Date.now() / 1000);

  beforeAll(async () => {
    await orchestrator.listen();
    docker = await PrivateDocker.start();
    daemon = new Daemon(docker.socketPath);
    await importImage(daemon, await testImageArchive(), testImage);
    install = await NodeInstall.create();
  });
  afterAll(async () => {
    await orchestrator.close();
    daemon.close();
    await install[Symbol.asyncDispose]();
    await docker[Symbol.asyncDispose]();
  });

  const spawnNode = (): Promise<NodeProcess> =>
    NodeProcess.spawn(install, orchestrator, {
      CONTAINER_RUNTIME: 'docker',
      DOCKER_HOST: docker.host,
    });

  /** How often the daemon started a container of the job. */
  async function starts({ job_id }: Ids): Promise<number> {
    const filters = { event: ['start'], label: [`io.cynodeai.job_id=${job_id}`] };
    const now = Math.floor(Date.now() / 1000) + 1;
    const query = `since=${startedAt}&until=${now}&filters=${encodeURIComponent(JSON.stringify(filters))}`;
    const { text } = await daemon.call('GET', `/events?${query}`);
    return text.split('\n').filter((line) => line.includes('"start"')).length;
  }

  const sandboxes = (): Promise<readonly string[]> =>
    listContainers(daemon, 'io.cynodeai.kind=sandbox');

  /** Rows of the job in the node's store, read from outside. */
  function rows({ job_id }: Ids): number {
    const path = join(install.stateDir, 'jobs', 'jobs.db');
    using database = new DatabaseSync(path, { readOnly: true });
    const row = database.prepare('SELECT count(*) AS n FROM job WHERE job_id = ?').get(job_id);
    return Number(row?.['n']);
  }

  async function killed(node: NodeProcess): Promise<void> {
    node.kill('SIGKILL');
    await node.ended;
  }

  it('after a job ended unheard gives the same result once more, and the job ran once', async () => {
    const ids = newIds();
    const command = ['sh', '-c', 'sleep 0.5; cat /proc/sys/kernel/random/uuid'];
    let before: Record<string, unknown>;
    {
      await using node = await spawnNode();
      await node.ready(orchestrator);
      expect(orchestrator.reports.at(-1)?.container_runtime).toMatchObject({ runtime: 'docker' });
      const client = new AbortController();
      const cut = expect(send(node, ids, command, client.signal)).rejects.toThrow();
      await waitToPass(async () => expect(await sandboxes()).toHaveLength(1));
      client.abort();
      await cut;
      before = await waitToPass(async () => {
        const state = await stateOf(node, ids);
        expect(state['status']).toBe('completed');
        return state;
      });
      await killed(node);
    }
    await using next = await spawnNode();
    await next.ready(orchestrator);
    expect(await stateOf(next, ids)).toEqual(before);
    const again = await Promise.all([send(next, ids, command), send(next, ids, command)]);
    for (const answer of again) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual(before['result']);
    }
    expect((await send(next, { ...ids, lease_id: uuidv7() }, command)).status).toBe(409);
    expect(await starts(ids)).toBe(1);
    expect(rows(ids)).toBe(1);
    expect(await ack(next, ids)).toBe(204);
    expect(rows(ids)).toBe(0);
    expect(await ack(next, ids)).toBe(204);
    expect(await stateOf(next, ids)).toMatchObject({ http: 404 });
  }, 60_000);

  it('in the middle of a job goes on with it when it is back: one run, whole, under its lease', async () => {
    const ids = newIds();
    const command = [
      'sh',
      '-c',
      'for n in 1 2 3 4; do echo $n; done; until [ -e go ]; do sleep 0.1; done; for n in 5 6 7 8; do echo $n; done; exit 3',
    ];
    const lines = '1\n2\n3\n4\n5\n6\n7\n8\n';
    let killedAt = 0;
    {
      await using node = await spawnNode();
      await node.ready(orchestrator);
      const lost = expect(send(node, ids, command)).rejects.toThrow();
      await waitToPass(async () => expect(await outputUpTo('4\n', node, ids)).toContain('4\n'));
      killedAt = Date.now();
      await killed(node);
      await lost;
    }
    await using next = await spawnNode();
    await next.ready(orchestrator);
    const joined = send(next, ids, command);
    expect((await send(next, { ...ids, lease_id: uuidv7() }, command)).status).toBe(409);
    const followed = await fetch(`${next.url}/v1/worker/jobs/${ids.job_id}/output`, { headers });
    await writeFile(join(install.stateDir, 'sandbox_mounts', ids.job_id, 'workspace', 'go'), '');
    expect(textOf(await followed.text())).toBe(lines);
    const result: unknown = await (await joined).json();
    expect(result).toMatchObject({
      ...ids,
      status: 'failed',
      exit_code: 3,
      stdout: lines,
      stderr: '',
    });
    const { started_at: from, ended_at: to } = Object(result);
    expect(Date.parse(from)).toBeLessThan(killedAt);
    expect(Date.parse(to)).toBeGreaterThan(killedAt);
    expect(await starts(ids)).toBe(1);
    expect(await sandboxes()).toEqual([]);
    expect(await ack(next, ids)).toBe(204);
    await waitToPass(async () =>
      expect(await readdir(join(install.stateDir, 'sandbox_mounts'))).toEqual([]),
    );
  }, 60_000);

  it('while a job ends gives its end when it is back, with what it left', async () => {
    const ids = newIds();
    const command = [
      'sh',
      '-c',
      'sleep 1; echo left >$CYNODE_ARTIFACTS_DIR/file; echo out; echo err >&2',
    ];
    {
      await using node = await spawnNode();
      await node.ready(orchestrator);
      const lost = expect(send(node, ids, command)).rejects.toThrow();
      await waitToPass(async () => expect(await starts(ids)).toBe(1));
      await killed(node);
      await lost;
    }
    await waitToPass(async () => expect(await sandboxes()).toEqual([]));
    await using next = await spawnNode();
    await next.ready(orchestrator);
    expect(await (await send(next, ids, command)).json()).toMatchObject({
      status: 'completed',
      exit_code: 0,
      stdout: 'out\n',
      stderr: 'err\n',
      artifacts: [{ name: 'file', size_bytes: 5 }],
    });
    expect(await starts(ids)).toBe(1);
    expect(await ack(next, ids)).toBe(204);
  }, 60_000);

  it('stops a job that it goes on with, also at its time limit', async () => {
    const [long, short] = [newIds(), newIds()];
    {
      await using node = await spawnNode();
      await node.ready(orchestrator);
      const lost = [send(node, long, hold), send(node, short, hold, undefined, 6)].map((sent) =>
        expect(sent).rejects.toThrow(),
      );
      await waitToPass(async () => {
        expect(await starts(long)).toBe(1);
        expect(await starts(short)).toBe(1);
      });
      await killed(node);
      await Promise.all(lost);
    }
    await using next = await spawnNode();
    await next.ready(orchestrator);
    const ended = Promise.all([send(next, long, hold), send(next, short, hold)]);
    const body = JSON.stringify({
      version: 1,
      task_id: long.task_id,
      job_id: long.job_id,
      grace_seconds: 0,
    });
    const stop = await fetch(`${next.url}/v1/worker/jobs:stop`, { method: 'POST', headers, body });
    expect(stop.status).toBe(202);
    const results: unknown[] = [];
    for (const answer of await ended) results.push(await answer.json());
    expect(results).toMatchObject([{ status: 'failed' }, { status: 'timeout' }]);
    expect(await sandboxes()).toEqual([]);
    for (const ids of [long, short]) expect(await ack(next, ids)).toBe(204);
  }, 60_000);

  it('together with the keeper of a job fails it as restarted, removes its container, and runs it under a new lease', async () => {
    const ids = newIds();
    {
      await using node = await spawnNode();
      await node.ready(orchestrator);
      const lost = expect(send(node, ids, hold)).rejects.toThrow();
      // A container is listed before it is started: wait for the start itself.
      await waitToPass(async () => expect(await starts(ids)).toBe(1));
      expect(await stateOf(node, ids)).toMatchObject({ status: 'in_progress' });
      await killed(node);
      await lost;
      expect(await sandboxes()).toHaveLength(1);
      await killKeeper(`cynode-sandbox-${ids.job_id}`);
    }
    await using next = await spawnNode();
    await next.ready(orchestrator);
    expect(await sandboxes()).toEqual([]);
    expect(await readdir(join(install.stateDir, 'sandbox_mounts'))).toEqual([]);
    expect(await stateOf(next, ids)).toMatchObject({
      status: 'failed',
      result: { exit_code: 125, stderr: 'cynode: node restarted\n', lease_id: ids.lease_id },
    });
    expect((await send(next, ids, hold)).status).toBe(200);
    expect(await starts(ids)).toBe(1);
    expect(await ack(next, ids)).toBe(204);
    const retry = await send(next, { ...ids, lease_id: uuidv7() }, ['sh', '-c', 'echo again']);
    expect(await retry.json()).toMatchObject({ status: 'completed', stdout: 'again\n' });
    expect(await starts(ids)).toBe(2);
  }, 60_000);

  it('keeps its folders to itself while it lives: a second one is refused and touches nothing', async () => {
    await using first = await spawnNode();
    await first.ready(orchestrator);
    const ids = newIds();
    const running = send(first, ids, ['sh', '-c', 'sleep 3; echo fine']);
    await waitToPass(async () => expect(await sandboxes()).toHaveLength(1));
    await using second = await spawnNode();
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.output).toContain(`in use by a node (process ${first.pid})`);
    expect(await (await running).json()).toMatchObject({ status: 'completed', stdout: 'fine\n' });
  }, 60_000);
});

import { AnsweringServer, waitFor } from '@cynodeai/testing/harness';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AddressInfo } from 'node:net';
import { text as bodyOf } from 'node:stream/consumers';
import type { RunJobResult } from '@cynodeai/contracts/common';
import type { SandboxSpec } from '@cynodeai/contracts/worker-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobRequest } from '../support/job-request.ts';
import { helpersInNetworks, untilClean } from '../support/leftovers.ts';
import { engines, type TestEngine, type TestNode } from '../support/test-engine.ts';

const hostAddress = Object.values(networkInterfaces())
  .flat()
  .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address;

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;
  let node: TestNode;
  let upstream: AnsweringServer;
  let answering = true;

  beforeAll(async () => {
    test = await open();
    upstream = await AnsweringServer.start((request, response) => {
      if (request.url === '/api/version') response.end('{"version":"0.12.0"}');
      else if (request.url === '/api/generate') response.write('{"response":"a"}\n');
      else
        void bodyOf(request).then(
          (body) => response.end(String(body.length)),
          () => {},
        );
    });
    node = await test.node('node-a', {}, undefined, {
      upstream: () => (answering ? upstream.url : undefined),
    });
  });

  afterAll(async () => {
    await upstream[Symbol.asyncDispose]();
    await test.close();
  });

  beforeEach(() => {
    answering = true;
  });

  async function run(script: string, sandbox: Partial<SandboxSpec> = {}): Promise<RunJobResult> {
    const request = jobRequest(script, { use_inference: true, ...sandbox });
    const result = await node.jobs.run(request);
    node.jobs.acknowledge(request);
    return result;
  }

  async function nothingLeft(): Promise<void> {
    await untilClean(test);
    expect(await helpersInNetworks()).toStrictEqual([]);
  }

  it('reaches the model on localhost:11434 (REQ-WORKER-0114, REQ-SANDBX-0106)', async () => {
    const result = await run('echo $OLLAMA_BASE_URL; curl -sS $OLLAMA_BASE_URL/api/version');
    expect(result).toMatchObject({ status: 'completed', stderr: '' });
    expect(result.stdout).toBe('http://localhost:11434\n{"version":"0.12.0"}');
    await nothingLeft();
  });

  it('reaches nothing else: no interface but loopback, no internet, no host, no name (REQ-SANDBX-0107)', async () => {
    const listener = createServer((socket) => socket.end('reached'));
    listener.listen(0, '0.0.0.0');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const addresses = ['1.1.1.1:80', `127.0.0.1:${port}`, `127.0.0.1:${upstream.port}`];
    const host = hostAddress ?? '10.0.0.1';
    addresses.push(`${host}:${port}`, `${host}:11434`, `${host}:12090`, '10.88.0.1:11434');
    addresses.push('[::1]:11434', 'host.containers.internal:11434', 'example.com:80');
    const tries = addresses.map((address) => `curl -s -m 3 http://${address}/ && echo ${address}`);
    const result = await run(
      `cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' '; cat /proc/net/route | wc -l; ${tries.join('; ')}; true`,
    );
    listener.close();
    expect(result.stdout).toBe('lo\n1\n');
    await nothingLeft();
  });

  it('is refused what would change the service, and a body over 10 MiB (REQ-SANDBX-0107)', async () => {
    const status = `curl -s -o /dev/null -w '%{http_code} '`;
    const before = upstream.requests.length;
    const result = await run(
      `${status} -X DELETE $OLLAMA_BASE_URL/api/delete; ${status} -d {} $OLLAMA_BASE_URL/api/pull; ` +
        `dd if=/dev/zero bs=1048576 count=11 2>/dev/null | ${status} -H 'Transfer-Encoding: chunked' --data-binary @- $OLLAMA_BASE_URL/api/chat; ` +
        `dd if=/dev/zero bs=1048576 count=9 2>/dev/null | curl -s -T - -X POST $OLLAMA_BASE_URL/api/chat`,
    );
    expect(result.stdout).toBe('403 403 413 9437184');
    expect(upstream.requests.length - before).toBeLessThanOrEqual(2);
  });

  it('gets an answer line by line while it is made', async () => {
    const before = upstream.requests.length;
    const script =
      'curl -sN -d {} $OLLAMA_BASE_URL/api/generate >out & until grep -q a out; do sleep 0.1; done; kill $!; cat out';
    const request = jobRequest(script, { use_inference: true });
    // The service never ends its answer: only a line that is passed on at once lets the job end.
    expect(await node.jobs.run(request)).toMatchObject({ stdout: '{"response":"a"}\n' });
    expect(upstream.requests.length - before).toBe(1);
    await waitFor(() => upstream.requests.at(-1)?.destroyed === true, {
      what: 'the request to the service ended with the job',
    });
  });

  it('keeps every other rule of a sandbox', async () => {
    const script =
      'test $(id -u) -ne 0 && echo nobody; cat /proc/self/status | grep -E "^(CapEff|NoNewPrivs)"; uname -n; cat /etc/resolv.conf';
    const plain = await run(script, { use_inference: false });
    expect(await run(script)).toMatchObject({ stdout: plain.stdout, exit_code: 0 });
    expect(plain.stdout).toContain('CapEff:\t0000000000000000');
  });

  it('is refused while there is no model service, before anything of the job exists', async () => {
    answering = false;
    const request = jobRequest('true', { use_inference: true });
    await expect(node.jobs.run(request)).rejects.toMatchObject({ code: 'inference_unavailable' });
    expect(() => node.jobs.get(request.job_id)).toThrow('no such job');
  });

  it.each([
    ['fails', 'exit 3', {}],
    ['takes too long', 'sleep 100', { timeout_seconds: 1 }],
    ['has no program', 'x', { command: ['/none'] }],
  ])('leaves nothing behind when the job %s', async (_name, script, sandbox) => {
    expect((await run(script, sandbox)).status).not.toBe('completed');
    await nothingLeft();
  });

  it('leaves nothing behind when the job is stopped, at whatever moment', async () => {
    for (const started of [false, true]) {
      const request = jobRequest('touch /workspace/up; sleep 100', { use_inference: true });
      const running = node.jobs.run(request);
      if (started) {
        await waitFor(() => node.jobs.get(request.job_id).status === 'in_progress', {
          what: 'the job runs',
        });
      }
      expect(node.jobs.stop(request.job_id, 0)).toBe('stopping');
      expect(await running).toMatchObject({ status: 'failed' });
      await nothingLeft();
    }
  });

  it('gives every job a network of its own', async () => {
    const script = 'readlink /proc/self/ns/net; curl -s $OLLAMA_BASE_URL/api/version';
    const results = await Promise.all([run(script), run(script), run(script)]);
    const networks = results.map((result) => result.stdout.split('\n')[0]);
    expect(new Set([...networks, readlinkSync('/proc/self/ns/net')]).size).toBe(4);
    expect(results.every((result) => result.stdout.endsWith('{"version":"0.12.0"}'))).toBe(true);
    await nothingLeft();
  });
});

import { startScriptedModel, waitFor } from '@cynodeai/testing';
import { MockOrchestrator } from '@cynodeai/testing/doubles';
import { Child } from '@cynodeai/testing/harness';
import { readFile, readdir } from 'node:fs/promises';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importShellImage, shellImage } from '../node/support/host-image.ts';
import { NodeInstall, NodeProcess } from '../node/support/node-process.ts';
import { askProgram, floodModes, floodProgram } from './support/flood.ts';

const seconds = 4;
/** Longest answer to a question for health, ms, beside what an idle process needs at the same time. */
const limitMs = 250;
/** Descriptors a node may hold for one job and itself. */
const maxDescriptors = 300;

/** An idle server in a process of its own: how late it answers tells how busy the machine is. */
const idleServer = `
const server = require('node:http').createServer((request, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** What no more than one in twenty exceeds. */
const nearlyWorst = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.POSITIVE_INFINITY;

async function answerMs(url: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(url, { headers: { connection: 'close' } });
  await response.text();
  expect(response.status).toBe(200);
  return performance.now() - started;
}

describe('a node whose job floods the address of its model', () => {
  let orchestrator: MockOrchestrator;
  let install: NodeInstall;
  let node: NodeProcess;
  let model: Awaited<ReturnType<typeof startScriptedModel>>;
  let idle: Child;
  let idleUrl: string;

  beforeAll(async () => {
    model = await startScriptedModel({ reply: 'forty-two' });
    orchestrator = new MockOrchestrator();
    await orchestrator.listen();
    install = await NodeInstall.create();
    await importShellImage(install, ['/usr/bin/perl']);
    node = await NodeProcess.spawn(install, orchestrator, { OLLAMA_UPSTREAM_URL: model.url });
    await node.ready(orchestrator);
    idle = new Child(process.execPath, ['-e', idleServer]);
    idleUrl = `http://127.0.0.1:${(await idle.printed(/\d+/))[0]}/`;
  });
  afterAll(async () => {
    await idle[Symbol.asyncDispose]();
    await node[Symbol.asyncDispose]();
    await install[Symbol.asyncDispose]();
    await orchestrator.close();
    await model.close();
  });

  const run = (command: readonly string[], inference: boolean): Promise<Response> =>
    node.run(shellImage, command, { use_inference: inference, timeout_seconds: 60 });

  it.each(floodModes)('answers for its health meanwhile, and runs others: %s', async (mode) => {
    const state = { over: false };
    const flood = run(['/usr/bin/perl', '-e', floodProgram, String(seconds), mode], true).finally(
      () => {
        state.over = true;
      },
    );
    const [late, idleLate, descriptors]: [number[], number[], number[]] = [[], [], []];
    const ordinary = run(['sh', '-c', 'echo ordinary'], false);
    while (!state.over) {
      const [own, other] = await Promise.all([answerMs(`${node.url}/healthz`), answerMs(idleUrl)]);
      late.push(own);
      idleLate.push(other);
      descriptors.push((await readdir(`/proc/${node.pid}/fd`)).length);
    }
    expect(await (await flood).json()).toMatchObject({ status: 'completed', stderr: '' });
    expect(await (await ordinary).json()).toMatchObject({ stdout: 'ordinary\n' });
    expect(late.length).toBeGreaterThan(10);
    // Of an idle process on a busy machine a single answer may be later still.
    expect(nearlyWorst(late)).toBeLessThan(limitMs + nearlyWorst(idleLate));
    expect(Math.max(...late)).toBeLessThan(4 * (limitMs + Math.max(...idleLate)));
    expect(Math.max(...descriptors)).toBeLessThan(maxDescriptors);
  });

  /** The process that reads what sandboxes send. */
  const relayPid = (): Promise<number> => waitFor(findRelay, { what: 'the node has a relay' });
  async function findRelay(): Promise<number | undefined> {
    const children = await readFile(`/proc/${node.pid}/task/${node.pid}/children`, 'utf8');
    for (const pid of children.split(' ').map(Number)) {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (pid > 0 && words.endsWith('\0relay\0')) return pid;
    }
    return undefined;
  }

  it('reads it in a process without any right, and starts that again under a running job', async () => {
    const first = await relayPid();
    const status = await readFile(`/proc/${first}/status`, 'utf8');
    for (const line of ['CapEff:\t0000000000000000', 'NoNewPrivs:\t1', 'Seccomp:\t2']) {
      expect(status).toContain(line);
    }
    const asked = model.requests.length;
    const job = run(['/usr/bin/perl', '-e', askProgram, '40'], true);
    await waitFor(() => model.requests.length > asked + 3, { what: 'the job asks' });
    process.kill(first, 'SIGKILL');
    const { status: end, stdout } = (await (await job).json()) as Record<string, string>;
    expect(end).toBe('completed');
    const answers = (stdout ?? '').trim().split('\n');
    expect(answers).toHaveLength(40);
    // The one that was under way has no answer; whoever came while nobody was there has waited.
    expect(answers.filter((answer) => answer !== '200').length).toBeLessThan(3);
    expect(answers.at(-1)).toBe('200');
    expect(await relayPid()).not.toBe(first);
    expect(node.output).toContain('the relay of sandboxes ended and will be started again');
  });

  it('ends that one with itself', async () => {
    const relay = await relayPid();
    node.kill('SIGKILL');
    await node.ended;
    // One that has ended and that nobody waits for has no words any more.
    const words = (): Promise<string> => readFile(`/proc/${relay}/cmdline`, 'utf8').catch(() => '');
    await waitFor(async () => (await words()) === '', { what: 'the relay is gone' });
  });
});

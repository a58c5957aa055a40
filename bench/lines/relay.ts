import { parseJson } from '@cynodeai/runtime/std';
import { Agent, type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import process from 'node:process';
import type { ContainerEngine } from '@cynodeai/contracts/common';
import { compare } from '../harness/compare.ts';
import type { Comparison, Effort, Outcome, Target, Unit } from '../harness/line.ts';
import { median } from '../harness/statistics.ts';
import type { BenchInstall } from '../support/install.ts';
import { LineProcess } from '../support/line-process.ts';

const programs = {
  /** Answers at once, so that the relay's own time shows. */
  bare: new URL('../support/model-upstream.ts', import.meta.url),
  demo: new URL('../support/demo-upstream.ts', import.meta.url),
  load: new URL('../support/http-load.ts', import.meta.url),
  relay: new URL('../../packages/worker/test/support/relay-process.ts', import.meta.url),
  timer: new URL('../../packages/worker/test/support/job-timer.ts', import.meta.url),
};

const notes = [
  'the service of the rates is the demo model, the one of the times answers at once; service, relay and load are processes of their own on the same cores; a listener in a network namespace of its own costs the same as one on the host',
];

/** What a relay line measures on a port: the relay's, or the service's own. */
interface RelayLine {
  readonly line: string;
  readonly title: string;
  readonly unit: Unit;
  readonly comparison: Comparison;
  readonly target: Target;
  readonly service: 'bare' | 'demo';
  readonly sample: (port: number) => Promise<number>;
}

async function measureRelay(line: RelayLine, effort: Effort): Promise<Outcome> {
  const { sample, service, ...rest } = line;
  await using upstream = new LineProcess(programs[service], []);
  const direct = Number(await upstream.line());
  await using relay = new LineProcess(programs.relay, [`http://127.0.0.1:${direct}`]);
  const relayed = Number(await relay.line());
  return await compare(
    {
      ...rest,
      samples: effort.quick ? 1 : 3,
      warmUp: 1,
      notes,
      ours: { name: 'through the relay', sample: () => sample(relayed) },
      anchor: { name: 'directly', sample: () => sample(direct) },
    },
    effort,
  );
}

async function post(agent: Agent, port: number, path: string): Promise<IncomingMessage> {
  const text = JSON.stringify({ model: 'bench', prompt: 'x'.repeat(200) });
  const call = request({ host: '127.0.0.1', port, path, agent, method: 'POST' });
  call.setHeader('content-length', text.length);
  call.end(text);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
  return response;
}

function medianOf(times: readonly number[]): number {
  const value = median(times);
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

/** Median time of one of 200 requests in turn on a kept connection. */
async function requestMs(port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    const startedMs = performance.now();
    const response = await post(agent, port, '/api/chat');
    await once(response.resume(), 'end');
    times.push(performance.now() - startedMs);
  }
  agent.destroy();
  return medianOf(times);
}

/** Median time from the writing of a line by the service to its arrival here. */
async function chunkMs(port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    const response = await post(agent, port, '/api/generate');
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const now = process.hrtime.bigint();
      // The first line alone, when a busy machine hands over two at a time.
      const [line = ''] = chunk.toString('utf8').split('\n');
      const { at } = parseJson(line) as { readonly at: string };
      times.push(Number(now - BigInt(at)) / 1e6);
    }
  }
  agent.destroy();
  return medianOf(times);
}

/** One more request costs this much through the relay. */
export async function measureRelayRequest(_install: BenchInstall, effort: Effort) {
  return measureRelay(
    {
      line: 'relay',
      title: 'one model request through the relay',
      unit: 'ms',
      comparison: 'difference',
      target: { limit: 0.5, sense: 'at_most' },
      service: 'bare',
      sample: requestMs,
    },
    effort,
  );
}

/** A streamed line is this much later through the relay. */
export async function measureRelayChunk(_install: BenchInstall, effort: Effort) {
  return measureRelay(
    {
      line: 'relay-chunk',
      title: 'one streamed line through the relay',
      unit: 'ms',
      comparison: 'difference',
      target: { limit: 0.5, sense: 'at_most' },
      service: 'bare',
      sample: chunkMs,
    },
    effort,
  );
}

async function measureThroughput(kept: boolean, limit: number, effort: Effort): Promise<Outcome> {
  await using load = new LineProcess(programs.load, []);
  const mode = kept ? 'kept' : 'new';
  return await measureRelay(
    {
      line: `relay-${mode}`,
      title: `model requests a second on 32 ${mode} connections`,
      unit: 'per_second',
      comparison: 'ratio',
      target: { limit, sense: 'at_least' },
      service: 'demo',
      sample: (port) => load.ask(`${port} 32 ${mode} ${effort.quick ? 500 : 2000}`),
    },
    effort,
  );
}

export async function measureRelayKept(_install: BenchInstall, effort: Effort) {
  return measureThroughput(true, 0.6, effort);
}

export async function measureRelayNew(_install: BenchInstall, effort: Effort) {
  return measureThroughput(false, 0.45, effort);
}

async function measureStart(
  engine: ContainerEngine,
  limit: number,
  effort: Effort,
): Promise<Outcome> {
  await using timer = new LineProcess(programs.timer, [engine]);
  await timer.line();
  return await compare(
    {
      line: `inference-${engine}`,
      title: `a job with inference, ${engine}`,
      unit: 'ms',
      comparison: 'ratio',
      samples: effort.quick ? 2 : 5,
      warmUp: 2,
      target: { limit, sense: 'at_most' },
      ours: { name: 'with inference', sample: () => timer.ask('inference') },
      anchor: { name: 'without', sample: () => timer.ask('plain') },
    },
    effort,
  );
}

export async function measureInferencePodman(_install: BenchInstall, effort: Effort) {
  return measureStart('podman', 1.15, effort);
}

export async function measureInferenceDocker(_install: BenchInstall, effort: Effort) {
  return measureStart('docker', 1.8, effort);
}

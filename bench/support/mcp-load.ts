/**
 * Calls of the echo tool on one server. For each line `call PATH_AND_PORT CLIENTS RATE MILLISECONDS` of its input it
 * prints how many calls were answered: at a fixed RATE a second, or as fast as CLIENTS can where that is 0; for `p50`
 * and `p95` it prints that time of the calls before, ms from when a call was due to its answer.
 */
import { Agent, request } from 'node:http';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { echoBody, echoHeaders, echoed } from './mcp-echo.ts';

const token = process.env['TOKEN'];
const headers = {
  ...echoHeaders,
  'content-length': Buffer.byteLength(echoBody),
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
};
const expected = `"text":"${echoed}"`;
let times: number[] = [];

async function call(url: URL, agent: Agent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sent = request(url, { method: 'POST', agent, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => (text += part));
    response.on('end', () => {
      if (response.statusCode === 200 && text.includes(expected)) resolve();
      else reject(new Error(`answered ${response.statusCode}: ${text.slice(0, 200)}`));
    });
    response.on('error', reject);
  });
  sent.on('error', reject);
  sent.end(echoBody);
  return promise;
}

/** Calls at fixed times, whether or not those before are answered. */
async function atRate(url: URL, agent: Agent, rate: number, ms: number): Promise<void> {
  const startedMs = performance.now();
  const calls: Promise<void>[] = [];
  const wanted = Math.floor((ms * rate) / 1000);
  while (calls.length < wanted) {
    const dueMs = startedMs + (calls.length * 1000) / rate;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    calls.push(call(url, agent).then(() => void times.push(performance.now() - dueMs)));
  }
  await Promise.all(calls);
}

async function asFastAs(clients: number, url: URL, agent: Agent, ms: number): Promise<void> {
  const untilMs = performance.now() + ms;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < untilMs) {
        const dueMs = performance.now();
        await call(url, agent);
        times.push(performance.now() - dueMs);
      }
    }),
  );
}

function quantile(share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

async function answer(line: string): Promise<number> {
  const [what, url = '', clients, rate, ms] = line.split(' ');
  if (what === 'p50') return quantile(0.5);
  if (what === 'p95') return quantile(0.95);
  times = [];
  const agent = new Agent({ keepAlive: true, maxSockets: Number(clients) });
  try {
    const target = new URL(url);
    if (Number(rate) > 0) await atRate(target, agent, Number(rate), Number(ms));
    else await asFastAs(Number(clients), target, agent, Number(ms));
  } finally {
    agent.destroy();
  }
  return times.length;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(line).catch(String)}\n`);
}

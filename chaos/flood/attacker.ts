import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../random.ts';
import { type Attack, attacks } from './attacks.ts';

/**
 * A stranger at an address of its own: `attacker.ts KIND|'' SEED SECONDS LANES PORT...` keeps as many attacks under way as it
 * has lanes, on connections to the ports, and prints how often each kind was tried. Ends with its time.
 */
const [only = '', ...numbers] = process.argv.slice(2);
const [seed = 0, seconds = 10, lanes = 32, ...ports] = numbers.map(Number);
const address = '127.0.0.2';
/** Longest life of one attack, ms. */
const patienceMs = 20_000;

const random = new Random(seed);
const kinds = attacks(random).filter(({ name }) => only === '' || name === only);
const tried: Record<string, number> = {};
const endMs = performance.now() + seconds * 1000;

async function strike({ name, pieces }: Attack, port: number): Promise<void> {
  tried[name] = (tried[name] ?? 0) + 1;
  const socket = connect({ port, host: '127.0.0.1', localAddress: address });
  // Whoever is attacked may close at any moment.
  socket.on('error', () => {});
  socket.resume();
  const leftMs = Math.ceil(Math.max(1, endMs - performance.now()));
  const over = AbortSignal.timeout(Math.min(patienceMs, leftMs));
  const closed = once(socket, 'close', { signal: over }).catch(() => {});
  try {
    await Promise.race([closed, once(socket, 'connect', { signal: over })]);
    for (const piece of pieces()) {
      if (socket.destroyed || over.aborted) return;
      if (typeof piece === 'number') await Promise.race([closed, delay(piece)]);
      else if (!socket.write(piece)) await Promise.race([closed, once(socket, 'drain')]);
    }
    await Promise.race([closed, delay(200)]);
  } catch {
    // Refused or out of time: the next one comes.
  } finally {
    socket.destroy();
  }
}

async function lane(): Promise<void> {
  while (performance.now() < endMs) await strike(random.pick(kinds), random.pick(ports));
}

await Promise.all(Array.from({ length: lanes }, () => lane()));
process.stdout.write(`${JSON.stringify(tried)}\n`);
process.exit(0);

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ListenOptions } from 'node:net';

/** Ports from this one on may be reserved; below, well-known services live. */
const lowest = 16_384;
const highest = 65_535;

/** Ports the kernel gives to whoever asks for any: first and last. */
function ephemeralPorts(): readonly [number, number] {
  const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const [first = 32_768, last = 60_999] = text.trim().split(/\s+/).map(Number);
  return [first, last];
}

/** Whether it could be listened on; it is closed again unless `keep` is set, and never keeps the process alive. */
async function listens(place: ListenOptions, keep: boolean): Promise<boolean> {
  const server = createServer().listen(place);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.unref();
  if (keep) return true;
  server.close();
  await once(server, 'close');
  return true;
}

/**
 * A port for a server that must be told one. It is this process's until it ends, also while nobody listens there:
 * every other caller on this host passes it over (the claim is an abstract socket, so nothing is left behind), and it
 * lies outside of the range from which the kernel serves connections and servers that take any port.
 */
export async function reservePort(): Promise<number> {
  const [first, last] = ephemeralPorts();
  const room = highest - lowest + 1;
  const start = randomInt(room);
  for (let step = 0; step < room; step += 1) {
    const port = lowest + ((start + step) % room);
    if (port >= first && port <= last) continue;
    const free = await listens({ port, host: '0.0.0.0' }, false);
    if (free && (await listens({ path: `\0cynode-test-port-${port}` }, true))) return port;
  }
  throw new Error('every port is in use or reserved');
}

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const listening = '0A';
const timeWait = '06';

async function rows(path: string): Promise<readonly string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').slice(1);
  } catch {
    return [];
  }
}

async function count(port: number): Promise<number> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const all = [...(await rows('/proc/net/tcp')), ...(await rows('/proc/net/tcp6'))];
  const states = all.flatMap((row) => {
    const [, address = '', , state = ''] = row.trim().split(/\s+/);
    return address.endsWith(local) && state !== listening && state !== timeWait ? [state] : [];
  });
  return states.length;
}

/**
 * Connections a server on this machine holds at its port, whatever process it is in; waits up to `limitMs` for them
 * to be no more than `baseline`.
 */
export async function openConnections(
  port: number,
  baseline = Infinity,
  limitMs = 0,
): Promise<number> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const open = await count(port);
    if (open <= baseline || performance.now() > deadline) return open;
    await delay(50);
  }
}

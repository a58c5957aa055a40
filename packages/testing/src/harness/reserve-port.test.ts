import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { reservePort } from './reserve-port.ts';

const script = `
  import { reservePort } from ${JSON.stringify(new URL('./reserve-port.ts', import.meta.url).href)};
  console.log(await reservePort());
`;

it('gives no port twice, to nobody on this host, and lets a process end', async () => {
  const own = await Promise.all(Array.from({ length: 50 }, () => reservePort()));
  const other = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const all = [...own, Number(other.stdout)];
  expect(new Set(all).size).toBe(51);
});

it('gives a port that can be listened on, outside of what the kernel gives away', async () => {
  const port = await reservePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  expect(port < Number(first) || port > Number(last)).toBe(true);
  server.close();
});

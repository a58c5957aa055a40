import { createServer } from 'node:net';
import { once } from 'node:events';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { isPortFree, listenersIn, portHolder } from './port-probe.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:8000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
   2: 0100007F:2F32 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0`;

describe('who holds a port', () => {
  it('is the socket that listens, not one that is connected', () => {
    expect(listenersIn(table, 8080)).toEqual(['4711']);
    expect(listenersIn(table, 12_082)).toEqual(['4713']);
    expect(listenersIn(table, 12_083)).toEqual([]);
  });

  it('is named with its process id and program', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await isPortFree(port)).toBe(false);
    expect(portHolder(port)).toMatch(
      new RegExp(`^process ${process.pid} \\(.*node.*\\) of user \\S+$`),
    );
    server.close();
    await once(server, 'close');
    expect(await isPortFree(port)).toBe(true);
  });
});

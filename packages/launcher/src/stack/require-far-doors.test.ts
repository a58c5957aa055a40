import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { isPortFree } from '../machine/port-probe.ts';
import { parseListenChoice } from '../install/listen-choice.ts';
import { requireFarDoors } from './require-far-doors.ts';

describe('the doors for other machines', () => {
  it('are asked for at addresses of this machine alone', async () => {
    const listen = parseListenChoice('192.0.2.7', [], undefined);
    await expect(requireFarDoors({ listen })).rejects.toThrow('192.0.2.7 is no address of this');
    await expect(requireFarDoors({ listen: undefined })).resolves.toBeUndefined();
  });

  it.each([
    ['user-gateway', 0],
    ['control-plane', -1],
  ] as const)('are told by whom they are held: that of the %s', async (door, offset) => {
    for (;;) {
      const holder = createServer().listen(0, '127.0.0.1');
      await once(holder, 'listening');
      const { port } = holder.address() as AddressInfo;
      const listen = parseListenChoice(`127.0.0.1:${port + offset}`, [], undefined);
      // Somebody else may have the port before.
      const isOurs = offset === 0 || (await isPortFree(port + offset));
      const told = requireFarDoors({ listen });
      const words = `port ${port}, at which the ${door} lets other machines in, is held by process ${process.pid} `;
      if (isOurs) await expect(told).rejects.toThrow(words);
      else await told.catch(() => {});
      holder.close();
      if (isOurs) return;
    }
  });
});

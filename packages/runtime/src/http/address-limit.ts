import { BlockList, type Server, type Socket, isIPv4 } from 'node:net';
import type { Log } from '../observe/log.ts';
import { addressGroup } from '../std/index.ts';

export interface AddressLimit {
  readonly log: Log;
  /** CIDRs with any number of connections: everybody comes from there. */
  readonly trustedProxies?: readonly string[];
  readonly maxConnectionsPerAddress?: number | undefined;
}

const logEveryMs = 60_000;

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** @param client as it is counted: an IPv4 address that is written as IPv6 is the IPv4 one */
function isIn(list: BlockList, client: string, address: string): boolean {
  return isIPv4(client) ? list.check(client, 'ipv4') : list.check(address, 'ipv6');
}

/** Tells of refused connections at most once a minute. */
function teller(log: Log, limit: number): (client: string) => void {
  let refused = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (client) => {
    refused += 1;
    if (performance.now() - toldAt < logEveryMs) return;
    log.warn('connections refused: MAX_CONNECTIONS_PER_ADDRESS', { limit, refused, last: client });
    toldAt = performance.now();
    refused = 0;
  };
}

/**
 * Closes what an address opens beyond its number of connections, unanswered. What is kept is one number for each
 * address that has a connection.
 */
export function limitAddresses(server: Server, options: AddressLimit): void {
  const limit = options.maxConnectionsPerAddress;
  if (limit === undefined) return;
  const open = new Map<string, number>();
  const proxies = listOf(options.trustedProxies ?? []);
  const tell = teller(options.log, limit);
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const client = addressGroup(address);
    // It was gone before it was looked at.
    if (client === undefined || isIn(proxies, client, address)) return;
    const count = open.get(client) ?? 0;
    if (count >= limit) {
      tell(client);
      socket.destroy();
      return;
    }
    open.set(client, count + 1);
    socket.once('close', () => {
      const left = (open.get(client) ?? 1) - 1;
      if (left > 0) open.set(client, left);
      else open.delete(client);
    });
  });
}

import { BlockList, type Server, type Socket, isIPv4 } from 'node:net';
import type { Log } from '../observe/log.ts';

export interface AddressLimit {
  readonly log: Log;
  /** CIDRs with any number of connections: everybody comes from there. */
  readonly trustedProxies?: readonly string[];
  readonly maxConnectionsPerAddress?: number | undefined;
}

const logEveryMs = 60_000;

/** An IPv4 address, also one that is written as IPv6. */
function ipv4Of(address: string): string | undefined {
  const inner = address.toLowerCase().startsWith('::ffff:') ? address.slice(7) : address;
  return isIPv4(inner) ? inner : undefined;
}

/** Who counts as one client: an IPv4 address, or the /64 of an IPv6 address, which one machine has whole. */
export function clientOf(address: string): string {
  const ipv4 = ipv4Of(address);
  if (ipv4 !== undefined) return ipv4;
  const [plain = ''] = address.split('%');
  const [head = '', tail = ''] = plain.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}

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

function isIn(list: BlockList, address: string): boolean {
  const ipv4 = ipv4Of(address);
  return ipv4 === undefined ? list.check(address, 'ipv6') : list.check(ipv4, 'ipv4');
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
    const address = socket.remoteAddress;
    // It was gone before it was looked at.
    if (address === undefined || isIn(proxies, address)) return;
    const client = clientOf(address);
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

import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Addresses by which other machines may know this one, those of IPv4 first; none of one link alone. */
export function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const far = all.filter(
    ({ internal, address, family }) =>
      !internal && !(family === 'IPv6' && /^fe[89ab]/i.test(address)),
  );
  return far.toSorted((a, b) => a.family.localeCompare(b.family)).map(({ address }) => address);
}

/** The address of this machine that another one sees, by a connection to it. @throws the fault of the network */
export async function addressTowards(url: URL, timeoutMs: number): Promise<string> {
  const socket = connect({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 443),
  });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) });
    return socket.localAddress ?? '';
  } finally {
    socket.destroy();
  }
}

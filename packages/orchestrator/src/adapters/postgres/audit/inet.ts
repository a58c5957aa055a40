import { isIP } from 'node:net';

/** An address as `inet` takes it: without an IPv6 zone; null for anything that is no address. */
export function inetOf(ip: string | undefined): string | null {
  const address = ip?.split('%', 1)[0] ?? '';
  return isIP(address) === 0 ? null : address;
}

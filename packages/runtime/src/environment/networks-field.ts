import { BlockList, isIP } from 'node:net';
import type { z } from 'zod';
import { listField } from './list-field.ts';

/** An address or a CIDR such as `10.0.0.0/8`. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
}

/** Addresses and networks, separated by commas. */
export const networksField = (): z.ZodType<readonly string[], string> =>
  listField(isNetwork, 'addresses or CIDRs');

import { describe, expect, it } from 'vitest';
import { addressGroup } from './address-group.ts';

describe('the address a client is counted under', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
  ])('of %s is %s', (ip, group) => {
    expect(addressGroup(ip)).toBe(group);
  });

  it.each(['', 'unknown', '1.2.3', '2001:db8::1::2', '[::1]', '::1]x', '1.2.3.4:80'])(
    'is none for %j',
    (text) => {
      expect(addressGroup(text)).toBeUndefined();
    },
  );
});

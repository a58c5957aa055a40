import { describe, expect, it } from 'vitest';
import { findPublishing } from './find-publishing.ts';

const cni = ['bridge', 'portmap', 'host-local', 'firewall'].map((name) => `/usr/lib/cni/${name}`);
const netavark = '/usr/lib/podman/netavark';
const tun = '/dev/net/tun';

const find = (version: string, rootless: boolean, files: readonly string[]) =>
  findPublishing({ rootless, version }, async (path) => files.includes(path));

describe('publishing a port with Podman', () => {
  it.each([
    ['4.3.1', false, [netavark, '/usr/sbin/iptables'], 'bridge'],
    ['4.3.1', false, [...cni, '/usr/sbin/iptables'], 'bridge'],
    ['5.4.2', false, [netavark, '/usr/sbin/nft'], 'bridge'],
    ['4.9.5', true, ['/usr/bin/slirp4netns', tun], 'slirp4netns'],
    ['4.9.5', true, ['/usr/bin/pasta', '/usr/bin/slirp4netns', tun], 'slirp4netns'],
    ['5.4.2', true, ['/usr/bin/pasta', tun], 'pasta'],
    ['5.4.2', true, ['/usr/bin/slirp4netns', tun], 'slirp4netns'],
    ['10.0.0', true, ['/usr/bin/pasta', '/usr/bin/slirp4netns', tun], 'pasta'],
  ])(
    'of version %s, rootless %s, with %j goes by %s',
    async (version, rootless, files, network) => {
      expect(await find(version, rootless, files)).toEqual({ network });
    },
  );

  it.each([
    ['4.3.1', false, [], 'install netavark and iptables'],
    ['4.3.1', false, cni, 'install netavark and iptables'],
    ['4.3.1', false, [...cni.slice(1), '/usr/sbin/iptables'], 'install netavark'],
    ['4.3.1', false, [netavark], 'install iptables'],
    ['5.4.2', false, [], 'install netavark and nftables'],
    ['5.4.2', false, [netavark], 'install nftables'],
    ['5.4.2', false, [netavark, '/usr/sbin/iptables'], 'install nftables'],
    ['5.4.2', false, [...cni, '/usr/sbin/iptables'], 'install netavark and nftables'],
    ['4.9.5', true, [tun], 'install the package slirp4netns'],
    ['4.9.5', true, ['/usr/bin/pasta', tun], 'install the package slirp4netns'],
    ['5.4.2', true, [tun], 'install the package passt'],
    ['5.4.2', true, ['/usr/bin/pasta'], tun],
    ['4.9.5', true, ['/usr/bin/slirp4netns'], tun],
  ])('of version %s, rootless %s, with %j alone does not work: %s', async (...all) => {
    const [version, rootless, files, fix] = all;
    const publishing = await find(version, rootless, files);
    expect('obstacle' in publishing && publishing.obstacle).toContain(fix);
  });

  it('asks this machine', async () => {
    for (const rootless of [true, false]) {
      for (const version of ['4.3.1', '5.4.2']) {
        const found = await findPublishing({ rootless, version });
        if ('obstacle' in found) expect(found.obstacle).toMatch(/install|chmod/);
      }
    }
  });
});

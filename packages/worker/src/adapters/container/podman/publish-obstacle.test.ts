import { describe, expect, it } from 'vitest';
import { publishObstacle } from './publish-obstacle.ts';

const cni = ['bridge', 'portmap', 'host-local', 'firewall'].map((name) => `/usr/lib/cni/${name}`);

describe('publishing a port with Podman', () => {
  const obstacle = (rootless: boolean, files: readonly string[]): Promise<string | undefined> =>
    publishObstacle(rootless, async (path) => files.includes(path));

  it.each([
    [false, ['/usr/lib/podman/netavark']],
    [false, [...cni, '/usr/sbin/iptables']],
    [true, ['/usr/bin/slirp4netns', '/dev/net/tun']],
  ])('works, rootless %s, with %j', async (rootless, files) => {
    expect(await obstacle(rootless, files)).toBeUndefined();
  });

  it.each([
    [false, [], 'install netavark'],
    [false, cni, 'containernetworking-plugins and iptables'],
    [false, [...cni.slice(1), '/usr/sbin/iptables'], 'install netavark'],
    [true, ['/dev/net/tun'], 'install the package slirp4netns'],
    [true, ['/usr/bin/slirp4netns'], '/dev/net/tun'],
  ])('does not work, rootless %s, with %j alone, and the fix is named', async (...all) => {
    const [rootless, files, fix] = all;
    expect(await obstacle(rootless, files)).toContain(fix);
  });

  it('asks this machine', async () => {
    const answers = await Promise.all([publishObstacle(true), publishObstacle(false)]);
    for (const answer of answers) expect(answer ?? 'install chmod').toMatch(/install|chmod/);
  });
});

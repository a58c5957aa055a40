import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findPublishing } from '../src/adapters/container/podman/find-publishing.ts';

/** What people read of an engine in `doctor` and in the log of a node. Anew: `npm run record-examples`. */
const folder = join(import.meta.dirname, 'examples');
const netavark = '/usr/lib/podman/netavark';
const tun = '/dev/net/tun';
const rootless = true;

/** What a host has, by what is missing there. One line each. */
const hosts: Readonly<Record<string, readonly [string, boolean, readonly string[]]>> = {
  'Podman 4 of root, nothing beside it': ['4.3.1', !rootless, []],
  'Podman 4 of root, no iptables': ['4.3.1', !rootless, [netavark]],
  'Podman 5 of root, nothing beside it': ['5.4.2', !rootless, []],
  'Podman 5 of root, no nft': ['5.4.2', !rootless, [netavark]],
  'Podman 5 of root, iptables in place of nft': [
    '5.4.2',
    !rootless,
    [netavark, '/usr/sbin/iptables'],
  ],
  'Podman 4 of a user, no slirp4netns': ['4.9.5', rootless, [tun]],
  'Podman 4 of a user, pasta alone': ['4.9.5', rootless, ['/usr/bin/pasta', tun]],
  'Podman 5 of a user, neither pasta nor slirp4netns': ['5.4.2', rootless, [tun]],
  'Podman 5 of a user, no access to /dev/net/tun': ['5.4.2', rootless, ['/usr/bin/pasta']],
};

it('what a person reads of a Podman that cannot publish a port is recorded', async () => {
  let text = '';
  for (const [name, [version, isRootless, files]] of Object.entries(hosts)) {
    const engine = { version, rootless: isRootless };
    const publishing = await findPublishing(engine, async (path) => files.includes(path));
    text += `--- ${name}\n${'obstacle' in publishing ? publishing.obstacle : 'none'}\n`;
  }
  await expect(text).toMatchFileSnapshot(join(folder, 'publishing.txt'));
});

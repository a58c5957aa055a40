import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { programPath } from './host.ts';

/** Where distributions put Podman's network helpers. */
const netavarkDirs = ['/usr/libexec/podman', '/usr/lib/podman'];
const cniDirs = ['/usr/lib/cni', '/usr/libexec/cni', '/opt/cni/bin', '/usr/local/libexec/cni'];
const cniPlugins = ['bridge', 'portmap', 'host-local', 'firewall'];

async function can(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

async function someCan(paths: readonly string[], mode: number = constants.X_OK): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => can(path, mode)));
  return found.includes(true);
}

const anywhere = (program: string): string[] =>
  programPath.split(':').map((dir) => join(dir, program));

async function rootfulObstacle(): Promise<string | undefined> {
  if (await someCan(netavarkDirs.map((dir) => join(dir, 'netavark')))) return undefined;
  const plugins = await Promise.all(
    cniPlugins.map((plugin) => someCan(cniDirs.map((dir) => join(dir, plugin)))),
  );
  const complete = !plugins.includes(false) && (await someCan(anywhere('iptables')));
  return complete
    ? undefined
    : 'Podman has no network helper to publish a port with; install netavark, or containernetworking-plugins and iptables';
}

async function rootlessObstacle(): Promise<string | undefined> {
  if (!(await someCan(anywhere('slirp4netns')))) {
    return 'a rootless Podman publishes ports by slirp4netns; install the package slirp4netns';
  }
  return (await can('/dev/net/tun', constants.R_OK | constants.W_OK))
    ? undefined
    : 'a rootless Podman publishes ports by /dev/net/tun, which this user cannot open; as root: chmod 666 /dev/net/tun';
}

/** Why Podman cannot publish a container's port here, with the fix; undefined when it can. */
export function publishObstacle(rootless: boolean): Promise<string | undefined> {
  return rootless ? rootlessObstacle() : rootfulObstacle();
}

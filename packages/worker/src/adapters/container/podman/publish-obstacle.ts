import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { programPath } from '../shared/host.ts';

/** Where distributions put Podman's network helpers. */
const netavarkDirs = ['/usr/libexec/podman', '/usr/lib/podman'];
const cniDirs = ['/usr/lib/cni', '/usr/libexec/cni', '/opt/cni/bin', '/usr/local/libexec/cni'];
const cniPlugins = ['bridge', 'portmap', 'host-local', 'firewall'];

/** Whether this process may use a file in that way. */
export type MayUse = (path: string, mode: number) => Promise<boolean>;

const mayUse: MayUse = (path, mode) =>
  access(path, mode).then(
    () => true,
    () => false,
  );

async function some(paths: readonly string[], may: MayUse): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => may(path, constants.X_OK)));
  return found.includes(true);
}

const anywhere = (program: string): string[] =>
  programPath.split(':').map((dir) => join(dir, program));

async function rootfulObstacle(may: MayUse): Promise<string | undefined> {
  if (
    await some(
      netavarkDirs.map((dir) => join(dir, 'netavark')),
      may,
    )
  )
    return undefined;
  const plugins = await Promise.all(
    cniPlugins.map((plugin) =>
      some(
        cniDirs.map((dir) => join(dir, plugin)),
        may,
      ),
    ),
  );
  const complete = !plugins.includes(false) && (await some(anywhere('iptables'), may));
  return complete
    ? undefined
    : 'Podman has no network helper to publish a port with; install netavark, or containernetworking-plugins and iptables';
}

async function rootlessObstacle(may: MayUse): Promise<string | undefined> {
  if (!(await some(anywhere('slirp4netns'), may))) {
    return 'a rootless Podman publishes ports by slirp4netns; install the package slirp4netns';
  }
  return (await may('/dev/net/tun', constants.R_OK | constants.W_OK))
    ? undefined
    : 'a rootless Podman publishes ports by /dev/net/tun, which this user cannot open; as root: chmod 666 /dev/net/tun';
}

/** Why Podman cannot publish a container's port here, with the fix; undefined when it can. */
export function publishObstacle(rootless: boolean, may = mayUse): Promise<string | undefined> {
  return rootless ? rootlessObstacle(may) : rootfulObstacle(may);
}

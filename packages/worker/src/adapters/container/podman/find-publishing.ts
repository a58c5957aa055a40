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

/** The network a container that publishes a port is given, or why there is none, with the fix. */
export type Publishing =
  { readonly network: 'bridge' | 'pasta' | 'slirp4netns' } | { readonly obstacle: string };

const hasNetavark = (may: MayUse): Promise<boolean> =>
  some(
    netavarkDirs.map((dir) => join(dir, 'netavark')),
    may,
  );

async function hasCni(may: MayUse): Promise<boolean> {
  const plugins = await Promise.all(
    cniPlugins.map((plugin) =>
      some(
        cniDirs.map((dir) => join(dir, plugin)),
        may,
      ),
    ),
  );
  return !plugins.includes(false) && (await some(anywhere('iptables'), may));
}

/** From its fifth version on Podman's own helpers are others: nftables for iptables, pasta for slirp4netns. */
const newHelpers = (version: string): boolean => Number.parseInt(version, 10) >= 5;

async function rootful(version: string, may: MayUse): Promise<Publishing> {
  const firewall = newHelpers(version)
    ? { program: 'nft', package: 'nftables' }
    : { program: 'iptables', package: 'iptables' };
  const netavark = await hasNetavark(may);
  if (netavark && (await some(anywhere(firewall.program), may))) return { network: 'bridge' };
  if (!newHelpers(version) && (await hasCni(may))) return { network: 'bridge' };
  const missing = [...(netavark ? [] : ['netavark']), firewall.package].join(' and ');
  return {
    obstacle: `Podman publishes ports by netavark and ${firewall.program}; install ${missing}`,
  };
}

async function rootless(version: string, may: MayUse): Promise<Publishing> {
  const helpers = newHelpers(version)
    ? ([
        ['pasta', 'passt'],
        ['slirp4netns', 'slirp4netns'],
      ] as const)
    : ([['slirp4netns', 'slirp4netns']] as const);
  const found = await Promise.all(helpers.map(([name]) => some(anywhere(name), may)));
  const [network, wanted] = helpers[found.indexOf(true)] ?? [undefined, helpers[0][1]];
  if (network === undefined) {
    const names = helpers.map(([name]) => name).join(' or ');
    return {
      obstacle: `a rootless Podman publishes ports by ${names}; install the package ${wanted}`,
    };
  }
  if (await may('/dev/net/tun', constants.R_OK | constants.W_OK)) return { network };
  return {
    obstacle:
      'a rootless Podman publishes ports by /dev/net/tun, which this user cannot open; as root: chmod 666 /dev/net/tun',
  };
}

/** How this Podman publishes a container's port here; looked up at each use, because packages come and go. */
export function findPublishing(
  engine: { readonly rootless: boolean; readonly version: string },
  may = mayUse,
): Promise<Publishing> {
  return engine.rootless ? rootless(engine.version, may) : rootful(engine.version, may);
}

import { dirname, join } from 'node:path';
import process from 'node:process';

/** Libraries, name resolution, certificates, time zone: what Node opens by itself. */
const systemPlaces = [
  '/usr /lib /lib64 /bin /sbin /proc /sys/fs/cgroup /sys/devices/system/cpu',
  '/etc/hosts /etc/resolv.conf /etc/nsswitch.conf /etc/host.conf /etc/gai.conf /etc/services /etc/protocols',
  '/etc/passwd /etc/group /etc/localtime /etc/timezone /etc/alternatives /etc/ld.so.cache /etc/ld.so.preload',
  '/etc/ssl /etc/pki /etc/ca-certificates /etc/crypto-policies',
  '/run/systemd/resolve /run/resolvconf /run/NetworkManager/resolv.conf',
].flatMap((places) => places.split(' '));

/** What of a checkout a program runs from; not its history, nor an install somebody keeps in it. */
const programPlaces = [
  'package.json',
  'packages',
  'node_modules',
  '.cynode/programs',
  '.cynode/node',
];

/** Files and folders that a program of a checkout reads, run by the Node that runs this one. */
export function programFiles(checkout: string): readonly string[] {
  const own = programPlaces.map((path) => join(checkout, path));
  return [...systemPlaces, ...own, dirname(process.execPath)];
}

/** Devices that any program may write. */
export const commonDevices: readonly string[] = ['null', 'zero', 'full', 'random', 'urandom'].map(
  (name) => `/dev/${name}`,
);

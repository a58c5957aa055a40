import { waitFor } from '@cynodeai/testing';
import type { ContainerEngine } from '@cynodeai/contracts/common';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { callEngine, type EngineCommand } from '../../src/adapters/container/podman/client.ts';

/** Where an engine and its nodes live. */
export interface EnginePlace {
  readonly kind: ContainerEngine;
  readonly stateDir: string;
  readonly runDir: string;
  /** Calls the engine beside the node. */
  readonly command: EngineCommand;
}

/** Mounts a daemon keeps while no container runs. */
const ownMount = /\/data(?:\/(?:overlay2|btrfs|vfs))?$|\/exec\/netns\/default$/;

async function list(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}

/** Command lines of living processes that name the text, this one aside. */
export async function processesNaming(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await list('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (Number(pid) !== process.pid && line.includes(text)) found.push(line.replaceAll('\0', ' '));
  }
  return found;
}

/** Names of all containers of the engine, also of those only the storage knows. */
export async function containerNames(place: EnginePlace): Promise<string[]> {
  const external = place.kind === 'podman' ? ['--external'] : [];
  const args = ['ps', '--all', ...external, '--format={{.Names}}'];
  const { stdout } = await callEngine(place.command, args);
  return stdout.split('\n').filter((name) => name !== '');
}

/** What jobs left behind: containers, processes, mounts, files. The engine's own storage does not count. */
export async function leftovers(place: EnginePlace): Promise<string[]> {
  // What a daemon starts for a container names its socket.
  const helpers = place.kind === 'docker' ? await processesNaming('containerd-shim') : [];
  const mountInfo = await readFile('/proc/self/mountinfo', 'utf8');
  const mounts = mountInfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(place.stateDir) || point.startsWith(place.runDir))
    .filter((point) => !point.endsWith('/engine/storage/overlay/overlay'))
    .filter((point) => place.kind === 'podman' || !ownMount.test(point));
  const volatile: string[] = [];
  for (const boot of await list(place.runDir)) {
    for (const dir of ['pids', 'kept']) {
      volatile.push(...(await list(join(place.runDir, boot, dir))));
    }
    volatile.push(
      ...(await list(join(place.runDir, boot))).filter((name) => /^(?:env|cynode)-/.test(name)),
    );
  }
  return [
    ...(await containerNames(place)),
    ...helpers.filter((line) => line.includes(place.runDir)),
    ...(await processesNaming(place.stateDir)),
    ...(place.kind === 'podman' ? await processesNaming(place.runDir) : []),
    ...mounts,
    ...(await list(join(place.stateDir, 'mounts'))),
    ...volatile,
  ];
}

/** Waits until nothing of any job is left. @throws naming what is */
export async function untilClean(place: EnginePlace): Promise<void> {
  let last: string[] = [];
  const clean = async (): Promise<boolean> => {
    last = await leftovers(place);
    return last.length === 0;
  };
  await waitFor(clean, { what: 'nothing of a job is left' }).catch((cause: unknown) => {
    throw new Error(`left behind: ${last.join('\n')}`, { cause });
  });
}

/** Ids of processes that live in a network namespace or hold it open; `network` as in `net:[4026531840]`. */
export async function holdersOfNetwork(network: string): Promise<string[]> {
  const holders: string[] = [];
  for (const pid of (await list('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const open = (await list(`/proc/${pid}/fd`)).map((fd) => `/proc/${pid}/fd/${fd}`);
    const links = await Promise.all(
      [`/proc/${pid}/ns/net`, ...open].map((path) => readlink(path).catch(() => '')),
    );
    if (links.includes(network)) holders.push(pid);
  }
  return holders;
}

/** Children of this process that live in another network than it does. */
export async function helpersInNetworks(): Promise<string[]> {
  const own = await readlink('/proc/self/ns/net');
  const found: string[] = [];
  for (const pid of (await list('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const network = await readlink(`/proc/${pid}/ns/net`).catch(() => own);
    if (status.includes(`\nPPid:\t${process.pid}\n`) && network !== own) found.push(pid);
  }
  return found;
}

/** Kills the keeper of a container, as the kernel might, and waits until it is gone. */
export async function killKeeper(container: string): Promise<void> {
  const title = `cynode-keeper ${container}`;
  const find = async (): Promise<number | undefined> => {
    for (const entry of await readdir('/proc')) {
      const line = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
      if (/^\d+$/.test(entry) && line.startsWith(title)) return Number(entry);
    }
    return undefined;
  };
  process.kill(await waitFor(find, { what: 'the keeper is there' }), 'SIGKILL');
  await waitFor(async () => (await find()) === undefined, { what: 'the keeper is gone' });
}

import { readFileSync, readlinkSync } from 'node:fs';
import process from 'node:process';
import { processRoles } from '../roles/table.ts';
import type { StackStatus } from '../stack/status.ts';
import { type Check, ok, warn } from './check.ts';

/** What the kernel tells of how a process is held. */
export interface Hold {
  readonly capabilities: bigint;
  readonly noNewPrivileges: boolean;
  readonly seccomp: boolean;
  /** It has a user namespace of its own. */
  readonly ownNamespace: boolean;
}

const allCapabilities = 64;

/** The lines of `/proc/<pid>/status` that matter. */
export function parseHold(status: string, ownNamespace: boolean): Hold {
  const value = (name: string): string =>
    new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)?.[1] ?? '0';
  return {
    capabilities: BigInt(`0x${value('CapEff')}`),
    noNewPrivileges: value('NoNewPrivs') === '1',
    seccomp: value('Seccomp') === '2',
    ownNamespace,
  };
}

/** How a process is held; undefined for one that is gone or belongs to somebody else. */
export function readHold(pid: number): Hold | undefined {
  const namespaceOf = (who: number | string): string => readlinkSync(`/proc/${who}/ns/user`);
  try {
    return parseHold(
      readFileSync(`/proc/${pid}/status`, 'utf8'),
      namespaceOf(pid) !== namespaceOf('self'),
    );
  } catch {
    return undefined;
  }
}

/** True for a process that can do nothing to its host beyond what its user's files allow. */
export function isConfined(hold: Hold): boolean {
  return hold.capabilities === 0n && hold.noNewPrivileges && hold.seccomp;
}

function countOf(capabilities: bigint): number {
  return Array.from({ length: allCapabilities }, (_, bit) => (capabilities >> BigInt(bit)) & 1n)
    .map(Number)
    .reduce((sum, bit) => sum + bit, 0);
}

function holdText(hold: Hold): string {
  const { capabilities, noNewPrivileges, seccomp, ownNamespace } = hold;
  const count = countOf(capabilities);
  const has = (what: string, there: boolean): string => `${there ? '' : 'no '}${what}`;
  return [
    count === 0 ? 'no capabilities' : `${count} capabilities`,
    noNewPrivileges ? 'none to be had' : 'new ones to be had',
    has('seccomp filter', seccomp),
    ...(ownNamespace ? ['not root inside'] : []),
  ].join(', ');
}

/** The node's relay: its child by that word; undefined where it has none at this moment. */
function relayOf(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return children
      .map(Number)
      .find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').endsWith('\0relay\0'));
  } catch {
    return undefined;
  }
}

function checkHold(name: string, pid: number, confinement: 'full' | 'engine'): Check[] {
  const hold = readHold(pid);
  if (hold === undefined) return [];
  const title = `held: ${name}`;
  const text = holdText(hold);
  if (confinement === 'engine') return [ok(title, `${text}; it drives the container engine`)];
  if (isConfined(hold)) return [ok(title, text)];
  const log = 'its log says what this kernel lacks; it runs, with more rights than it needs';
  return [warn(title, `${text} (user ${process.getuid?.() ?? 0})`, log)];
}

/** How each running role is held, and the relay of the node. */
export function checkConfinement(roles: StackStatus['roles']): Check[] {
  return processRoles.flatMap((row) => {
    const running = roles.find((role) => role.name === row.name && role.alive)?.process;
    if (running === undefined) return [];
    const relay = row.name === 'node' ? relayOf(running.pid) : undefined;
    return [
      ...checkHold(row.name, running.pid, row.confinement),
      ...(relay === undefined ? [] : checkHold('relay', relay, 'full')),
    ];
  });
}

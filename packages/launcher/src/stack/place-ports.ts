import { isDeepStrictEqual } from 'node:util';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { type Install, findInstallAt, storeChoices } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { type Ports, portChoices } from '../install/ports.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { type PortClaim, claimPorts } from '../machine/port-claim.ts';
import { isPortFree, portHolder } from '../machine/port-probe.ts';
import { processRoles } from '../roles/table.ts';
import { requireFarDoors } from './require-far-doors.ts';
import { runningStack, stackLockPath } from './running-stack.ts';

/** Ports the install's next start listens on. */
export function portsOf(install: Pick<Install, 'inference' | 'ports'>): number[] {
  return processRoles
    .filter((role) => role.isPart(install))
    .flatMap((role) => role.servers.map((server) => install.ports[server.port]));
}

/** An install whose ports are free and claimed. */
export interface Placed {
  readonly install: Install;
  readonly claim: PortClaim;
}

async function tryPorts(ports: readonly number[]): Promise<PortClaim | undefined> {
  const claim = await claimPorts(ports);
  if (claim === undefined) return undefined;
  const free = await Promise.all(ports.map((port) => isPortFree(port)));
  if (free.every(Boolean)) return claim;
  await claim.release();
  return undefined;
}

/** The ports it has come first, so that a start which comes to nothing moves nobody. */
function* choicesOf({ ports }: Install): Generator<Ports, void> {
  yield ports;
  yield* portChoices();
}

/**
 * Claims the ports of an install that is about to start. One that has never served takes the first choice that is
 * free, and keeps it with the install. See docs/reference/processes.md#roles-and-ports.
 * @throws LauncherError `port_busy`
 */
export async function placePorts(install: Install): Promise<Placed> {
  if (install.served) {
    const claim = await tryPorts(portsOf(install));
    if (claim !== undefined) return { install, claim };
    throw await portsBusy(install);
  }
  for (const ports of choicesOf(install)) {
    const claim = await tryPorts(Object.values(ports));
    if (claim === undefined) continue;
    const same = isDeepStrictEqual(ports, install.ports);
    return { install: same ? install : await storeChoices(install, { ports }), claim };
  }
  throw new LauncherError('port_busy', 'no free block of ports was found below 30000');
}

/** What keeps a port of the install from being used; undefined when all are free. */
export async function heldPort(install: Install): Promise<string | undefined> {
  for (const port of portsOf(install)) {
    if (!(await isPortFree(port))) {
      return `port ${port} of this install is held by ${portHolder(port)}`;
    }
  }
  return undefined;
}

async function portsBusy(install: Install): Promise<LauncherError> {
  const held = await heldPort(install);
  const what = held ?? 'the ports of this install are claimed by another one that is starting';
  return new LauncherError('port_busy', `${what}; ${howToMove}`);
}

const howToMove = 'stop it, or take other ports with: cynode up --ports auto';

/**
 * Sees that an install which has served can have its ports back. Where one of them is held and that is agreed to, the
 * start chooses anew.
 * @param agrees whether to take other ports, asked with what is the matter
 * @throws LauncherError `port_busy` naming who holds a port of the install, and as `requireFarDoors`
 */
export async function checkPorts(
  install: Install,
  agrees: (held: string) => Promise<boolean>,
): Promise<Install> {
  await requireFarDoors(install);
  const held = install.served ? await heldPort(install) : undefined;
  if (held === undefined) return install;
  if (await agrees(held)) return storeChoices(install, { served: false });
  throw new LauncherError('port_busy', `${held}; ${howToMove}`);
}

/** Where nobody knows how long a first start takes, ms; one that finds its ports taken starts anew. */
const settledWithinMs = 120_000;
const lookEveryMs = 100;

/**
 * The install with ports that stand, for roles that are started one by one and must find each other. While a stack of
 * it starts for the first time, they are that stack's to choose.
 * @throws LauncherError `stack` when such a stack does not settle, `port_busy`, `interrupted`
 */
export async function standingPorts(install: Install, signal: AbortSignal): Promise<Install> {
  const deadline = performance.now() + settledWithinMs;
  for (;;) {
    const standing = await tryStanding(install, signal);
    if (standing !== undefined) return standing;
    signal.throwIfAborted();
    if (performance.now() > deadline) {
      throw new LauncherError(
        'stack',
        'the stack of this install, which starts for the first time, has not got all its ports yet; see: cynode status',
      );
    }
    await sleep(lookEveryMs, signal);
  }
}

/** Undefined while a supervisor settles them. */
async function tryStanding(install: Install, signal: AbortSignal): Promise<Install | undefined> {
  if (install.served) return install;
  // The one under which stacks start: one that has begun can be seen once it is free.
  await using _lock = await takeLock(stackLockPath(install), { signal });
  const current = findInstallAt(install.paths.home) ?? install;
  if (current.served) return current;
  if (runningStack(install) !== undefined) return undefined;
  // The claim ends with this process: by then the role has its port.
  const placed = await placePorts(current);
  return storeChoices(placed.install, { served: true });
}

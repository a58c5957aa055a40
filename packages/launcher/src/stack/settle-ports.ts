import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Install } from '../install/install.ts';
import type { InstallSecrets } from '../install/secrets.ts';
import { isPortFree, listensOn } from '../machine/port-probe.ts';
import type { RoleServer } from '../roles/role.ts';
import { processRoles } from '../roles/table.ts';
import { whoAnswers } from './proof.ts';
import type { RoleState } from './stack-state.ts';

const lookEveryMs = 100;

/** How it stands with a port of a role that starts. */
type Standing = 'pending' | 'taken' | 'ours';

/** What is looked at. */
export interface Starting {
  readonly install: Install;
  readonly secrets: InstallSecrets;
  /** Names of the processes that start. */
  readonly names: readonly string[];
  readonly stateOf: (name: string) => RoleState | undefined;
}

async function standingOf(
  { port: portName, proof }: RoleServer,
  role: RoleState | undefined,
  { install, secrets }: Starting,
): Promise<Standing> {
  const port = install.ports[portName];
  if (role?.phase === 'restarting') {
    // It has ended, so whoever has the port is somebody else; what else ended it, other ports would not mend.
    return (await isPortFree(port)) ? 'ours' : 'taken';
  }
  if (role?.process === undefined) return 'pending';
  if (proof === undefined) return listensOn(role.process.pid, port) ? 'ours' : 'pending';
  const answering = await whoAnswers(`http://127.0.0.1:${port}`, secrets[proof]);
  return answering === 'ours' ? 'ours' : 'pending';
}

/**
 * Waits until every server of a first start has its port and, where it can, has proven it.
 * @returns `taken` when a role ended and somebody else has its port; undefined when the signal fired
 */
export async function settlePorts(
  starting: Starting,
  signal: AbortSignal,
): Promise<'settled' | 'taken' | undefined> {
  const servers = processRoles
    .filter(({ name }) => starting.names.includes(name))
    .flatMap(({ name, servers: own }) => own.map((server) => ({ name, server })));
  while (!signal.aborted) {
    const standings = await Promise.all(
      servers.map(({ name, server }) => standingOf(server, starting.stateOf(name), starting)),
    );
    if (standings.includes('taken')) return 'taken';
    if (standings.every((standing) => standing === 'ours')) return 'settled';
    await sleep(lookEveryMs, signal);
  }
  return undefined;
}

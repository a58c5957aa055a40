import type { Install } from '../install/install.ts';
import { urlOf } from '../roles/decisions.ts';
import { processRoles } from '../roles/table.ts';
import { checkoutStamp } from '../install/checkout-stamp.ts';
import { type InferenceStatus, inferenceStatus } from './inference-status.ts';
import { isAlive } from '../machine/process-identity.ts';
import { type Readiness, readinessOf } from './readiness.ts';
import { type RoleState, readStackState } from './stack-state.ts';

/** A server of the stack as it answers right now. */
export interface ServerStatus {
  readonly name: string;
  readonly url: string;
  readonly readiness: Readiness;
}

export interface StackStatus {
  /** `unsupervised`: roles run, but what restarted them is gone; the next start takes over. */
  readonly state: 'running' | 'unsupervised' | 'stopped';
  readonly supervisorPid?: number;
  readonly startedAt?: string;
  readonly outdated: boolean;
  readonly roles: readonly (RoleState & { readonly alive: boolean })[];
  readonly servers: readonly ServerStatus[];
  readonly inference?: InferenceStatus;
}

/** How the install's stack is doing; asks every server. */
export async function stackStatus(install: Install): Promise<StackStatus> {
  const state = readStackState(install.paths.state);
  if (state === undefined) return { state: 'stopped', outdated: false, roles: [], servers: [] };
  const roles = state.roles.map((role) => ({
    ...role,
    alive: role.process !== undefined && isAlive(role.process),
  }));
  const supervised = isAlive(state.supervisor);
  if (!supervised && roles.every((role) => !role.alive)) {
    return { state: 'stopped', outdated: false, roles: [], servers: [] };
  }
  const urls = processRoles
    .flatMap((role) => role.servers)
    .filter((server) => server.tellsReadiness)
    .map(({ name, port }) => [name, urlOf(port)(install)] as const);
  const [servers, inference] = await Promise.all([
    Promise.all(
      urls.map(async ([name, url]) => ({ name, url, readiness: await readinessOf(url) })),
    ),
    inferenceStatus(state.inference, install),
  ]);
  return {
    state: supervised ? 'running' : 'unsupervised',
    ...(supervised && { supervisorPid: state.supervisor.pid }),
    startedAt: state.startedAt,
    outdated: state.stamp !== checkoutStamp(install.checkout),
    roles,
    servers,
    inference,
  };
}

import { shownDatabase } from '../domain/database.ts';
import { keptDatabase } from '../install/database-choice.ts';
import { pinnedFingerprint } from '../install/certificates.ts';
import type { Install } from '../install/install.ts';
import { farUrl, plainUrl } from '../install/listen-choice.ts';
import { openSecrets } from '../install/secrets.ts';
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

interface FarDoors {
  readonly gatewayUrl: string;
  readonly controlPlaneUrl: string;
  readonly fingerprint: string | undefined;
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
  /** Its doors for other machines, and what their certificates come from where the system does not know it. */
  readonly far?: FarDoors | undefined;
  /** The user's own database, as it may be shown; absent: the install has its own. */
  readonly database?: string;
}

function farDoors({ paths, ports, listen }: Install): FarDoors | undefined {
  if (listen === undefined) return undefined;
  if (listen.insecure) {
    const urlAt = (port: number): string => plainUrl(listen, port);
    return {
      gatewayUrl: urlAt(ports.userGateway),
      controlPlaneUrl: urlAt(ports.controlPlane),
      fingerprint: undefined,
    };
  }
  const urls = {
    gatewayUrl: farUrl(listen, 'user-gateway'),
    controlPlaneUrl: farUrl(listen, 'control-plane'),
  };
  try {
    return { ...urls, fingerprint: pinnedFingerprint(paths, listen) };
  } catch {
    // Files of one's own that cannot be read are told by the supervisor's log.
    return { ...urls, fingerprint: undefined };
  }
}

/** How the install's stack is doing; asks every server. */
export async function stackStatus(install: Install): Promise<StackStatus> {
  const state = readStackState(install.paths.state);
  const kept = keptDatabase(install.paths);
  const database = kept && { database: shownDatabase(kept.reveal()) };
  const stopped = {
    state: 'stopped',
    outdated: false,
    roles: [],
    servers: [],
    ...database,
  } as const;
  if (state === undefined) return stopped;
  const roles = state.roles.map((role) => ({
    ...role,
    alive: role.process !== undefined && isAlive(role.process),
  }));
  const supervised = isAlive(state.supervisor);
  if (!supervised && roles.every((role) => !role.alive)) {
    return stopped;
  }
  const secrets = openSecrets(install.paths);
  const urls = processRoles
    .flatMap((role) => role.servers)
    .filter((server) => server.tellsReadiness)
    .map(({ name, port, proof }) => ({
      name,
      url: urlOf(port)(install),
      key: proof && secrets[proof],
    }));
  const [servers, inference] = await Promise.all([
    Promise.all(
      urls.map(async ({ name, url, key }) => ({
        name,
        url,
        readiness: await readinessOf(url, key),
      })),
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
    far: farDoors(install),
    ...database,
  };
}

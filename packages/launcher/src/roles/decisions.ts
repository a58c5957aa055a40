import { join } from 'node:path';
import type { Env } from '@cynodeai/runtime/config';
import { certificateDir, certificateFile } from '../install/certificates.ts';
import { type FarDoor, farAddress, securely } from '../install/listen-choice.ts';
import { engineDirOf } from '../install/paths.ts';
import type { Ports } from '../install/ports.ts';
import type { Decisions, EnginePlace, RolePlace } from './role.ts';

type PortsPlace = Pick<RolePlace, 'ports'>;

/** Where a role that people or other machines call listens: on loopback only, but for an explicit word. */
export const openAddressOf =
  (port: keyof Ports) =>
  ({ ports, listen }: Pick<RolePlace, 'ports' | 'listen'>): string => {
    const host =
      listen?.insecure !== true ? '127.0.0.1' : listen.address === '::' ? '[::]' : '0.0.0.0';
    return `${host}:${ports[port]}`;
  };

/** Where a role listens: the loopback address only. */
export const addressOf =
  (port: keyof Ports) =>
  ({ ports }: PortsPlace): string =>
    `127.0.0.1:${ports[port]}`;

/** Where a role of the install is found. */
export const urlOf =
  (port: keyof Ports) =>
  (place: PortsPlace): string =>
    `http://${addressOf(port)(place)}`;

/** The door of agents, with its path. */
export const toolsUrl = (place: PortsPlace): string => `${urlOf('mcpGateway')(place)}/v1/mcp`;

/** Where a role is reached from other machines, if at all. */
export const farAddressOf =
  (door: FarDoor) =>
  (place: Pick<RolePlace, 'listen'>): string | undefined => {
    const listen = securely(place.listen);
    return listen && farAddress(listen, door);
  };

/** The file with certificate and key of that door. */
export const certificateOf =
  (door: FarDoor) =>
  ({ listen, paths }: Pick<RolePlace, 'listen' | 'paths'>): string | undefined =>
    securely(listen) && certificateFile(paths, door);

/** The folder of that file, which a confined role reads and no other. */
export const certificateDirOf =
  (door: FarDoor) =>
  ({ listen, paths }: Pick<RolePlace, 'listen' | 'paths'>): readonly string[] =>
    securely(listen) === undefined ? [] : [certificateDir(paths, door)];

/** Id of the install's own node, unless the user names another. */
export const localNodeId = 'local';

/** Startup file of the install's node. */
export function nodeConfigPath({ paths }: Pick<EnginePlace, 'paths'>): string {
  return join(paths.node, 'node.yaml');
}

/** Decisions about the container engine, for the node and for the engine's own command. */
export const engineDecisions = {
  CYNODE_STATE_DIR: {
    by: 'install',
    value: (place) => engineDirOf('node', place),
    instead: 'CYNODE_HOME moves all its folders',
  },
  CYNODE_RUN_DIR: {
    by: 'install',
    value: ({ runDir }) => runDir,
    instead: 'it is kept in install.json of the state folder',
  },
  CONTAINER_RUNTIME: {
    by: 'user',
    value: ({ engine }) => (engine.runtime === 'podman' ? undefined : engine.runtime),
  },
  DOCKER_HOST: { by: 'user', value: ({ engine }) => engine.dockerHost },
} as const satisfies Decisions<EnginePlace>;

/**
 * The model service of the node: through its relay both the orchestrator and sandboxes reach it.
 * See docs/reference/sandbox.md#relay and docs/reference/nodes.md#settings-of-a-node.
 */
export function upstreamUrlOf(place: Pick<RolePlace, 'ports' | 'inference'>): string | undefined {
  const { path } = place.inference;
  if (path.kind === 'ollama') return path.url;
  return path.kind === 'demo' ? urlOf('demoModel')(place) : undefined;
}

/** The image of the node's own model service, where it is to have one. */
export function ollamaImageOf({ inference }: Pick<RolePlace, 'inference'>): string | undefined {
  return inference.path.kind === 'container' ? inference.path.image : undefined;
}

/** A node ends its jobs first, and then has as long again as it takes without any. */
export function nodeStopMs(env: Env): number {
  const graceSeconds = Number(env['NODE_SHUTDOWN_GRACE_SECONDS'] || 10);
  return (Number.isFinite(graceSeconds) ? graceSeconds : 10) * 1000 + 20_000;
}

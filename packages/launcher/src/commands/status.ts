import { localPlaceOf } from '@cynodeai/api-client/local-install';
import type { Env } from '@cynodeai/runtime/config';
import { wayBack } from '../domain/database.ts';
import { type Install, findInstall } from '../install/install.ts';
import { type Disk, diskText, disksOf } from '../machine/disks.ts';
import { homeDirOf, storageDirsOf } from '../install/paths.ts';
import { type ListedNode, type NodeList, listNodes } from '../run/node-list.ts';
import { type InferenceStatus, inferenceText } from '../stack/inference-status.ts';
import type { Readiness } from '../stack/readiness.ts';
import { isServiceThere, serviceOf } from '../setup/service.ts';
import { otherDatabase } from '../stack/restart-reason.ts';
import { type StackStatus, stackStatus } from '../stack/status.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { statusFlags } from './flags.ts';
import { here, loginLine } from './other-machine.ts';

function readinessText(readiness: Readiness): string {
  if (readiness.state === 'ready') return 'ready';
  if (readiness.state === 'unreachable') return `not reachable: ${readiness.why}`;
  const reasons = readiness.reasons.map(
    (reason) => `\n    ${reason.code}: ${reason.message}\n      ${reason.action}`,
  );
  return `not ready${reasons.join('')}`;
}

function diskWarning(disk: Disk): string {
  const outcome = disk.state === 'full' ? 'new tasks are refused' : 'at 95 % new tasks are refused';
  return `warning: disk ${diskText(disk)}; ${outcome}; free space, such as by: cynode prune --older-than 30d`;
}

const diskLine = (disk: Disk): string => `  ${'disk'.padEnd(13)} ${diskText(disk)}`;

function databaseLines({ database }: StackStatus, install: Install | undefined): string[] {
  if (install === undefined && database === undefined) return [];
  const what = database ? `${database}; back to ${wayBack}` : "the install's own PostgreSQL";
  return [`  ${'database'.padEnd(13)} ${what}`];
}

function nodeLines({ slug, status, isPlain, refused }: ListedNode): string[] {
  const from = refused?.address === undefined ? '' : ` from ${refused.address}`;
  return [
    `  ${'node'.padEnd(13)} ${slug} is ${status}${isPlain ? ', over plain http' : ''}`,
    ...(refused
      ? [`    an attempt to register as ${slug} was refused at ${refused.at}${from}`]
      : []),
  ];
}

function nodesText(list: NodeList | undefined): string[] {
  if (list === undefined) return [];
  if ('unknown' in list) return [`  ${'nodes'.padEnd(13)} not known: ${list.unknown}`];
  return list.nodes.flatMap(nodeLines);
}

/** How to log in from elsewhere, while there is somebody to log in to. */
function otherMachineLines({ servers, far }: StackStatus): string[] {
  const gateway = servers.find(({ name }) => name === 'user-gateway');
  if (gateway === undefined || gateway.readiness.state === 'unreachable') return [];
  const line = loginLine(far?.gatewayUrl ?? gateway.url, here(), far?.fingerprint);
  return [`from another machine: ${line}`];
}

/** The status as people read it. */
export function statusText(
  status: StackStatus,
  install: Install | undefined,
  disks: readonly Disk[] = [],
  nodes?: NodeList,
  service?: string,
): string {
  const head = {
    running: `running since ${status.startedAt ?? ''} (supervisor ${status.supervisorPid ?? ''})`,
    unsupervised: 'running without a supervisor; `cynode up` or `cynode run` takes over',
    stopped: 'stopped; start it with: cynode up',
  }[status.state];
  const roles = status.roles.map((role) => {
    const id = role.alive && role.process ? `pid ${role.process.pid}` : role.phase;
    const restarts = role.restarts > 0 ? `, ${role.restarts} restarts` : '';
    return `  ${role.name.padEnd(13)} ${id}${restarts}${role.lastEnd ? ` (${role.lastEnd})` : ''}`;
  });
  const servers = status.servers.map(
    (server) => `  ${server.name.padEnd(13)} ${server.url}  ${readinessText(server.readiness)}`,
  );
  const lines = [
    `stack: ${head}`,
    ...(status.outdated
      ? [
          '  it is of another version than this checkout; restart it with cynode down, then cynode up, which ends jobs that run',
        ]
      : []),
    ...roles,
    ...servers,
    ...nodesText(nodes),
    ...(status.inference ? [`  ${'inference'.padEnd(13)} ${inferenceText(status.inference)}`] : []),
    ...databaseLines(status, install),
    ...disks.map(diskLine),
    ...disks.filter(({ state }) => state !== 'ok').map(diskWarning),
    ...(service === undefined ? [] : [`service: ${service}`]),
    ...otherMachineLines(status),
    ...(install
      ? [
          `state: ${install.paths.home}`,
          `logs:  ${install.paths.logs}`,
          `first password of user admin: ${localPlaceOf(install.paths.home).adminPassword}`,
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function inferenceDocument({ path, answers, models }: InferenceStatus): unknown {
  return {
    ...path,
    demo: path.kind === 'demo',
    ...(answers !== undefined && { answers }),
    models,
  };
}

function nodeDocument({ id, slug, status, isPlain, refused }: ListedNode): unknown {
  return {
    node_id: id,
    node_slug: slug,
    status,
    plain_http: isPlain,
    ...(refused && { refused_registration: refused }),
  };
}

/** The status for programs. */
export function statusDocument(
  status: StackStatus,
  home: string,
  disks: readonly Disk[] = [],
  nodes?: NodeList,
): unknown {
  return {
    state: status.state,
    ...(status.supervisorPid !== undefined && { supervisor_pid: status.supervisorPid }),
    ...(status.startedAt !== undefined && { started_at: status.startedAt }),
    outdated: status.outdated,
    home,
    roles: status.roles.map((role) => ({
      name: role.name,
      phase: role.phase,
      alive: role.alive,
      ...(role.process && { pid: role.process.pid }),
      since: role.since,
      restarts: role.restarts,
      ...(role.lastEnd !== undefined && { last_end: role.lastEnd }),
    })),
    servers: status.servers.map((server) => ({
      name: server.name,
      url: server.url,
      ready: server.readiness.state === 'ready',
      ...(server.readiness.state === 'unreachable' && { error: server.readiness.why }),
      reasons: server.readiness.state === 'not_ready' ? server.readiness.reasons : [],
    })),
    ...(nodes && 'nodes' in nodes && { nodes: nodes.nodes.map(nodeDocument) }),
    ...(status.inference && { inference: inferenceDocument(status.inference) }),
    ...(status.far && {
      other_machines: {
        gateway_url: status.far.gatewayUrl,
        control_plane_url: status.far.controlPlaneUrl,
        ...(status.far.fingerprint !== undefined && { fingerprint: status.far.fingerprint }),
      },
    }),
    database: status.database ? { kind: 'named', address: status.database } : { kind: 'embedded' },
    disks: disks.map(({ directory, state, usedShare, freeBytes }) => ({
      directory,
      state,
      used_percent: Math.floor(usedShare * 100),
      free_bytes: freeBytes,
    })),
  };
}

/** The nodes, where there is a gateway that answers. */
async function nodesOf(
  { servers }: StackStatus,
  install: Install | undefined,
): Promise<NodeList | undefined> {
  const gateway = servers.find(({ name }) => name === 'user-gateway');
  if (install === undefined || gateway === undefined) return undefined;
  return gateway.readiness.state === 'unreachable' ? undefined : listNodes(install);
}

/**
 * Whether everything that should run does and answers, tasks are taken and some node may run them: exit code 0, for
 * whoever watches it.
 */
export function isWell(
  { state, roles, servers }: StackStatus,
  disks: readonly Disk[] = [],
  nodes?: NodeList,
): boolean {
  return (
    state === 'running' &&
    roles.every(({ alive }) => alive) &&
    servers.every(({ readiness }) => readiness.state !== 'unreachable') &&
    disks.every((disk) => disk.state !== 'full') &&
    (nodes === undefined ||
      ('nodes' in nodes && nodes.nodes.some(({ status }) => status === 'active')))
  );
}

function serviceText(install: Install | undefined, env: Env): string | undefined {
  const service = install && serviceOf(install, env);
  return service && isServiceThere(service)
    ? `${service.name} starts it at every boot (${service.path})`
    : undefined;
}

/** Prints how the stack is doing; exit code 1 unless all of it is up. */
export async function status(
  { env, output, notes }: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof statusFlags> },
): Promise<number> {
  const install = findInstall(env);
  const other = install && otherDatabase(install, env);
  if (other !== undefined) await notes.text(`cynode: ${other}\n`);
  const current: StackStatus =
    install === undefined
      ? { state: 'stopped', outdated: false, roles: [], servers: [] }
      : await stackStatus(install);
  const home = install?.paths.home ?? homeDirOf(env);
  const disks = await disksOf(storageDirsOf(home));
  const nodes = await nodesOf(current, install);
  if (flags.json || flags.output === 'json') {
    await output.json(statusDocument(current, home, disks, nodes));
  } else {
    await output.text(statusText(current, install, disks, nodes, serviceText(install, env)));
  }
  return isWell(current, disks, nodes) ? 0 : 1;
}

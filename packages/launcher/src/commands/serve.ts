import { defaultPorts } from '@cynodeai/contracts/common';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { isIPv6 } from 'node:net';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { releaseStartMemory } from '@cynodeai/runtime/lifecycle';
import { createLog } from '@cynodeai/runtime/observe';
import type { InferencePath } from '../domain/inference.ts';
import { lookAtService } from '../inference/ollama-probe.ts';
import { ensureImage } from '../image/ensure-image.ts';
import { cleanUp } from '../stack/tear-down.ts';
import { setUp } from '../setup/bring-up.ts';
import { bundleToStay } from '../setup/bundle-programs.ts';
import { Progress } from '../terminal/progress.ts';
import { makePrivateDir } from '../install/files.ts';
import { type JoinedNode, joinedPaths, readJoinedNode } from '../install/joined-node.ts';
import { demandedDatabase } from '../install/database-choice.ts';
import { demandedEngine } from '../install/engine-choice.ts';
import {
  type Install,
  linkEngineDirs,
  makeRunDir,
  openInstall,
  rememberEngine,
} from '../install/install.ts';
import { runDirCandidates } from '../install/paths.ts';
import { controlPlaneProofPath, openSecrets, registrationPskPath } from '../install/secrets.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { startPostgres } from '../postgres/index.ts';
import { nodeConfigPath, urlOf } from '../roles/decisions.ts';
import { overruledVariables } from '../roles/environment.ts';
import { processRoles } from '../roles/table.ts';
import { keepCertificates } from '../stack/keep-certificates.ts';
import { nodeYaml, writeNodeConfig } from '../stack/node-config.ts';
import { standingPorts } from '../stack/place-ports.ts';
import { roleSpec } from '../stack/role-specs.ts';
import { runForeground } from '../stack/run-foreground.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { serveArgs, serveFlags } from './flags.ts';

type ServeFlags = FlagsOf<typeof serveFlags>;

type ServedRole = (typeof processRoles)[number];

interface Served {
  readonly role: ServedRole;
  /** Those of its roles that are asked for. */
  readonly hosts: readonly string[];
}

/** The processes that host these roles, in the order of their start. @throws LauncherError `usage` for an unknown role. */
function servedBy(names: readonly string[]): readonly Served[] {
  const known = processRoles.flatMap((role) => role.hosts);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new LauncherError('usage', `there is no role ${unknown}; roles are ${known.join(', ')}`);
  }
  return processRoles
    .map((role) => ({ role, hosts: role.hosts.filter((host) => names.includes(host)) }))
    .filter(({ hosts }) => hosts.length > 0);
}

/** Runs roles until they end or are interrupted. */
export async function serve(
  context: CommandContext,
  { args, flags }: CommandInput<typeof serveArgs, typeof serveFlags>,
): Promise<number> {
  const served = servedBy(args.role);
  const needs = (what: 'engine' | 'database'): boolean =>
    served.some(({ role }) => role.needs[what]);
  const known = await openInstall(context.env);
  // A node of another machine's orchestrator brings its own port.
  const joined = flags.home === undefined ? undefined : readJoinedNode(resolve(flags.home));
  const isForeign =
    flags.home !== undefined && (flags.orchestrator !== undefined || joined !== undefined);
  const opened = isForeign ? known : await standingPorts(known, context.signal);
  const { checkout } = opened;
  await inProgress((progress) => bundleToStay({ checkout, progress, ...context }));
  const further = needs('engine') && flags.home !== undefined;
  const install = further
    ? nodeInstall(opened, flags.home, context.env)
    : await rememberEngine(opened, context.env);
  const secrets = openSecrets(install.paths);
  const rows = served.map(({ role }) => role);
  for (const sentence of overruledVariables(context.env, rows)) {
    await context.notes.text(`cynode: ${sentence}\n`);
  }
  if (needs('engine')) await prepareNode(install, flags, context);
  const databaseUrl = needs('database') ? await databaseOf(install, context) : '';
  const specs = served.map(({ role, hosts }) =>
    roleSpec(role, install, { secrets, databaseUrl }, context.env, hosts),
  );
  releaseStartMemory();
  const log = createLog({ service: 'cynode' });
  const endCertificates = needs('database') ? keepCertificates(install, log) : () => {};
  let code: number;
  try {
    code = await runForeground(specs, install, context.signal);
  } finally {
    endCertificates();
  }
  // The install's own folder also holds what other roles use.
  if (further) await cleanUp(install, context.env, furtherNodeId(flags));
  return code;
}

/** The database that is named, else the install's own, which is started unless it runs. */
async function databaseOf(install: Install, { env, signal }: CommandContext): Promise<string> {
  const external = demandedDatabase(install.paths, env);
  if (external !== undefined) return external.reveal();
  const server = await startPostgres({
    dataDir: install.paths.postgres,
    socketDir: join(install.runDir, 'pg'),
    signal,
  });
  return server.url();
}

/** The install as a node sees it: a further one has an engine and a folder of its own. */
function nodeInstall(install: Install, folder: string, env: Env): Install {
  const uid = process.getuid?.() ?? 0;
  const home = resolve(folder);
  makePrivateDir(home, uid);
  const [runDir = home] = runDirCandidates(home, env, uid);
  const engine = demandedEngine(env, install.engine);
  const further = { ...install, paths: { ...install.paths, node: home }, runDir, engine };
  makeRunDir(runDir, uid);
  linkEngineDirs(further);
  return further;
}

/** Writes the node's startup file, and sees that its engine has what it needs. */
async function prepareNode(
  install: Install,
  flags: ServeFlags,
  context: CommandContext,
): Promise<void> {
  if (flags.home === undefined) writeNodeConfig(install);
  else await writeFurtherNodeConfig(install, flags);
  await inProgress(async (progress) => {
    const onStep = (what: string): void => progress.step(what);
    await setUp({ install, yes: false, onStep, ...context });
    await ensureImage({ install, onStep, ...context });
  });
}

async function inProgress(work: (progress: Progress) => Promise<void>): Promise<void> {
  const progress = new Progress();
  try {
    await work(progress);
  } finally {
    progress.done();
  }
}

/** What the install of this machine was told to use, else a service that is there; a container is nobody's wish yet. */
async function inferenceHere({ inference }: Install): Promise<InferencePath> {
  if (inference.path.kind !== 'none') return inference.path;
  const url = `http://127.0.0.1:${defaultPorts.ollama}`;
  const look = await lookAtService(url);
  return look.kind === 'ollama' ? { kind: 'ollama', url } : { kind: 'none' };
}

/** A node that joined another machine's control plane has all that a start needs in its folder. */
async function writeJoinedNodeConfig(
  install: Install,
  home: string,
  node: JoinedNode,
): Promise<void> {
  const { key, authority } = joinedPaths(home);
  const address = isIPv6(node.address) ? `[${node.address}]` : node.address;
  const yaml = nodeYaml({
    nodeId: node.id,
    labels: [],
    orchestratorUrl: node.orchestrator,
    pskFile: key,
    far: {
      listen: `${address}:${node.port}`,
      url: `https://${address}:${node.port}`,
      caFile: node.pinned ? authority : undefined,
    },
    port: node.port,
    stateDir: install.paths.node,
    cores: availableParallelism(),
    inference: await inferenceHere(install),
  });
  writeFileAtomicSync(nodeConfigPath(install), yaml);
}

async function writeFurtherNodeConfig(install: Install, flags: ServeFlags): Promise<void> {
  const home = resolve(flags.home ?? '');
  const joined = readJoinedNode(home);
  if (joined !== undefined) return writeJoinedNodeConfig(install, home, joined);
  const port = portOf(flags.port);
  const yaml = nodeYaml({
    nodeId: furtherNodeId(flags),
    labels: [],
    orchestratorUrl: flags.orchestrator ?? urlOf('controlPlane')(install),
    pskFile: flags.pskFile ? resolve(flags.pskFile) : registrationPskPath(install.paths),
    // Another machine's control plane answers no such question, and is not of this install.
    ...(flags.orchestrator === undefined && {
      proofKeyFile: controlPlaneProofPath(install.paths),
    }),
    port,
    stateDir: install.paths.node,
    cores: availableParallelism(),
    inference: install.inference.path,
  });
  writeFileAtomicSync(nodeConfigPath(install), yaml);
}

function furtherNodeId(flags: ServeFlags): string {
  const joined = flags.home === undefined ? undefined : readJoinedNode(resolve(flags.home));
  return joined?.id ?? flags.id ?? `node-${portOf(flags.port)}`;
}

function portOf(text: string | undefined): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  throw new LauncherError('usage', '--home needs --port with a number from 1 to 65535');
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { Command } from 'commander';
import { ensureImage } from '../image/ensure-image.ts';
import { cleanUp } from '../stack/tear-down.ts';
import { setUp } from '../setup/bring-up.ts';
import { Progress } from '../terminal/progress.ts';
import { makePrivateDir, writeWhole } from '../install/files.ts';
import { type Install, openInstall } from '../install/install.ts';
import { runDirCandidates } from '../install/paths.ts';
import { openSecrets, registrationPskPath } from '../install/secrets.ts';
import { LauncherError } from '../launcher-error.ts';
import { startPostgres } from '../postgres/index.ts';
import { nodeYaml, writeNodeConfig } from '../stack/node-config.ts';
import {
  nodeConfigPath,
  nodeEntry,
  nodeEnv,
  orchestratorEntry,
  orchestratorEnv,
} from '../stack/role-specs.ts';
import { type CommandContext, commandContext } from './command-context.ts';
import { parse } from './parse.ts';

const orchestratorRoles = ['user-gateway', 'control-plane'] as const;

interface ServeFlags {
  readonly home?: string;
  readonly port?: string;
  readonly orchestrator?: string;
  readonly pskFile?: string;
  readonly id?: string;
}

function commandLine(): Command {
  return new Command('serve')
    .description('Run roles in the foreground with the settings of this install')
    .argument('<role...>', 'node, or one or both of user-gateway and control-plane')
    .option('--home <dir>', 'node: state folder of a further node')
    .option('--port <port>', 'node: port of its Worker API')
    .option('--orchestrator <url>', 'node: base URL of the control plane')
    .option('--psk-file <path>', 'node: file with the registration key')
    .option('--id <id>', 'node: its id; the default is made of its port');
}

/** A foreground process: what to run and with which environment. */
interface Foreground {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Runs roles until they end or are interrupted. */
export async function serve(args: readonly string[]): Promise<number> {
  const parsed = parse<ServeFlags>(commandLine(), args);
  if (parsed.kind === 'help') return 0;
  const { flags, operands: roles } = parsed;
  const context = commandContext();
  const install = await openInstall(context.env);
  if (roles.includes('node')) {
    if (roles.length > 1) {
      throw new LauncherError('usage', 'node is a process of its own; serve it alone');
    }
    return serveNode(nodeInstall(install, flags, context.env), flags, context);
  }
  const unknown = roles.find((role) => !(orchestratorRoles as readonly string[]).includes(role));
  if (unknown !== undefined) {
    const known = [...orchestratorRoles, 'node'].join(', ');
    throw new LauncherError('usage', `there is no role ${unknown}; roles are ${known}`);
  }
  return runForeground(await orchestratorProcess(install, roles, context), install, context);
}

async function orchestratorProcess(
  install: Install,
  roles: readonly string[],
  context: CommandContext,
): Promise<Foreground> {
  const { env, signal } = context;
  const url =
    env['DATABASE_URL'] ||
    (
      await startPostgres({
        dataDir: install.paths.postgres,
        socketDir: join(install.runDir, 'pg'),
        signal,
      })
    ).url();
  return {
    args: [join(install.checkout, orchestratorEntry), ...roles],
    env: orchestratorEnv(install, openSecrets(install.paths), url, env),
  };
}

/** The install as a node sees it: a further one has an engine and a folder of its own. */
function nodeInstall(install: Install, flags: ServeFlags, env: Env): Install {
  if (flags.home === undefined) return install;
  const uid = process.getuid?.() ?? 0;
  const home = resolve(flags.home);
  makePrivateDir(home, uid);
  const [runDir = home] = runDirCandidates(home, env, uid);
  return { ...install, paths: { ...install.paths, node: home }, runDir };
}

async function serveNode(
  install: Install,
  flags: ServeFlags,
  context: CommandContext,
): Promise<number> {
  openSecrets(install.paths);
  if (flags.home === undefined) writeNodeConfig(install);
  else writeFurtherNodeConfig(install, flags);
  const progress = new Progress();
  try {
    const onStep = (what: string): void => progress.step(what);
    await setUp({ install, yes: false, onStep, ...context });
    await ensureImage({ install, onStep, ...context });
  } finally {
    progress.done();
  }
  const role = {
    args: [join(install.checkout, nodeEntry), '--config', nodeConfigPath(install)],
    env: nodeEnv(install, context.env),
  };
  const code = await runForeground(role, install, context);
  // The install's own folder also holds what other roles use.
  if (flags.home !== undefined) await cleanUp(install, context.env);
  return code;
}

function writeFurtherNodeConfig(install: Install, flags: ServeFlags): void {
  const port = portOf(flags.port);
  const yaml = nodeYaml({
    nodeId: flags.id ?? `node-${port}`,
    labels: [],
    orchestratorUrl: flags.orchestrator ?? `http://127.0.0.1:${install.ports.controlPlane}`,
    pskFile: flags.pskFile ? resolve(flags.pskFile) : registrationPskPath(install.paths),
    port,
    stateDir: install.paths.node,
    cores: availableParallelism(),
    inference: install.inference.path,
  });
  writeWhole(nodeConfigPath(install), yaml);
}

function portOf(text: string | undefined): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  throw new LauncherError('usage', '--home needs --port with a number from 1 to 65535');
}

async function runForeground(
  role: Foreground,
  install: Install,
  context: CommandContext,
): Promise<number> {
  const child = spawn(process.execPath, role.args, {
    cwd: install.paths.home,
    env: { ...role.env },
    stdio: 'inherit',
    detached: true,
  });
  const stop = (): void => void child.kill('SIGTERM');
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

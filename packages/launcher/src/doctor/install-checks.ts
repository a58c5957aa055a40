import { lstatSync } from 'node:fs';
import process from 'node:process';
import type { Env } from '@cynodeai/runtime/config';
import { isImageImported } from '../image/image-marker.ts';
import { type Install, findInstall } from '../install/install.ts';
import { homeDirOf, runDirCandidates, socketPathBytes } from '../install/paths.ts';
import { isPortFree, portHolder } from '../machine/port-probe.ts';
import { overruledVariables } from '../roles/environment.ts';
import { stackStatus } from '../stack/status.ts';
import { portsOf } from '../stack/place-ports.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { checkConfinement } from './confinement-check.ts';

/** The state folder must be ours alone: it holds every secret. */
export function checkStateDir(env: Env): Check {
  const home = homeDirOf(env);
  const stat = lstatSync(home, { throwIfNoEntry: false });
  if (stat === undefined) return ok('state folder', `${home}, made at the first start`);
  if (stat.uid !== process.getuid?.()) {
    return fail('state folder', `${home} belongs to somebody else`, 'set CYNODE_HOME');
  }
  if ((stat.mode & 0o077) !== 0) {
    return fail('state folder', `${home} is open to others`, `chmod 700 ${home}`);
  }
  return ok('state folder', home);
}

export function checkSocketPath(install: Install | undefined, env: Env): Check {
  const candidates = runDirCandidates(homeDirOf(env), env, process.getuid?.() ?? 0);
  const runDir = install?.runDir ?? candidates[0] ?? '';
  const longest = Buffer.byteLength(runDir) + 45;
  if (runDir !== '' && longest <= socketPathBytes) return ok('socket folder', runDir);
  return fail('socket folder', `${runDir} is too long for sockets`, 'set XDG_RUNTIME_DIR');
}

async function checkPort(port: number): Promise<Check> {
  if (await isPortFree(port)) return ok(`port ${port}`, 'free');
  const holder = portHolder(port);
  return fail(`port ${port}`, `held by ${holder}`, 'stop it, or: cynode up --ports auto');
}

/** Variables that are set in vain. */
export function checkVariables(env: Env): Check[] {
  return overruledVariables(env).map((sentence) => warn('variables', sentence));
}

/** Image, ports and servers of an install that was set up before. */
export async function checkInstall(env: Env): Promise<Check[]> {
  const install = findInstall(env);
  const common = [checkStateDir(env), checkSocketPath(install, env)];
  if (install === undefined) {
    return [...common, ok('stack', 'not set up yet; the first cynode run or cynode up does it')];
  }
  const image = isImageImported(install)
    ? ok('sandbox image', 'there')
    : warn('sandbox image', 'not built yet', 'the next cynode run builds it');
  const status = await stackStatus(install);
  if (status.state === 'stopped') {
    // Before it has served, each start takes ports that are free.
    const ports = (install.served ? portsOf(install) : []).map((port) => checkPort(port));
    return [...common, image, ...(await Promise.all(ports)), ok('stack', 'stopped')];
  }
  const stack =
    status.state === 'running'
      ? ok('stack', `running since ${status.startedAt ?? ''}`)
      : warn('stack', 'runs without a supervisor', 'cynode up');
  const version = status.outdated
    ? [warn('version', 'the running stack is of another version', 'cynode down, then cynode up')]
    : [];
  const roles = status.roles
    .filter((role) => !role.alive)
    .map((role) =>
      fail(role.name, role.lastEnd ?? 'not running', `see ${install.paths.logs}/${role.name}.log`),
    );
  const held = checkConfinement(status.roles);
  const servers = status.servers.map(checkServer);
  return [...common, image, stack, ...version, ...roles, ...held, ...servers];
}

type Server = Awaited<ReturnType<typeof stackStatus>>['servers'][number];

function checkServer(server: Server): Check {
  const { readiness } = server;
  if (readiness.state === 'ready') return ok(server.name, `ready at ${server.url}`);
  if (readiness.state === 'unreachable') {
    return fail(server.name, `not reachable at ${server.url}: ${readiness.why}`, 'cynode status');
  }
  const reasons = readiness.reasons.map((reason) => reason.message).join('; ');
  return warn(server.name, `not ready: ${reasons}`, readiness.reasons[0]?.action);
}

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import process from 'node:process';
import type { Env, Environment } from '@cynodeai/runtime/config';
import { engineEnvironment } from '@cynodeai/runtime/environment/node';
import { userHomeOf } from '@cynodeai/api-client/local-install';
import type { InstallSecrets } from '../install/secrets.ts';
import { engineDecisions } from './decisions.ts';
import type { Decided, Decisions, EnginePlace, ProcessRole, RolePlace } from './role.ts';
import { processRoles } from './table.ts';

type Values = Readonly<Record<string, string>>;

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** The last says who is the main process of a service of systemd; children compare it with their parent. */
const machineVariables = ['NODE_COMPILE_CACHE', 'TZ', 'NODE_EXTRA_CA_CERTS', 'SYSTEMD_EXEC_PID'];

/** The session sets these by itself: nobody demands them by having them. */
const ambientVariables: readonly string[] = ['XDG_RUNTIME_DIR'];

function picked(env: Env, names: readonly string[]): Values {
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** What every process of ours needs and nothing more: where programs are, where its owner lives, Node's compile cache. */
export function baseEnv(env: Env): Record<string, string> {
  const path = [dirname(process.execPath), systemPath].join(':');
  return {
    PATH: path,
    HOME: userHomeOf(env) ?? '/',
    LANG: 'C.UTF-8',
    ...picked(env, machineVariables),
  };
}

function tableOf(role: Pick<ProcessRole, 'environments'>): Environment {
  return Object.assign({}, ...role.environments) as Environment;
}

/** Names of the variables that go from the user to a role as they are: those of its own table that nobody decides. */
export function passedNames(environment: Environment, decides: Decisions<never>): string[] {
  return Object.entries(environment).flatMap(([name, variable]) => {
    const decided = decides[name];
    const free = decided === undefined ? !variable.secret : decided.by === 'default';
    return free ? [name] : [];
  });
}

function decidedValues<P>(
  decides: Readonly<Record<string, Decided<P>>>,
  place: P,
  kinds: readonly Decided['by'][],
): Values {
  return Object.fromEntries(
    Object.entries(decides).flatMap(([name, decided]) => {
      const fits = decided.by !== 'secret' && kinds.includes(decided.by);
      const value = fits ? decided.value?.(place) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function secretValues(decides: Decisions, secrets: InstallSecrets): Values {
  return Object.fromEntries(
    Object.entries(decides).flatMap(([name, decided]) =>
      decided.by === 'secret' ? [[name, secrets[decided.secret].reveal()]] : [],
    ),
  );
}

function composed<P>(
  environment: Environment,
  decides: Readonly<Record<string, Decided<P>>>,
  place: P,
  env: Env,
): Record<string, string> {
  return {
    ...baseEnv(env),
    ...decidedValues(decides, place, ['default']),
    ...picked(env, passedNames(environment, decides)),
    ...decidedValues(decides, place, ['install', 'user']),
  };
}

/** What only some roles may hold. */
export interface Holdings {
  readonly databaseUrl: string;
  readonly secrets: InstallSecrets;
}

/** The complete environment of a role; of what is held it gets the part that its row names. */
export function roleEnv(
  role: ProcessRole,
  place: RolePlace,
  holdings: Holdings,
  env: Env,
): Record<string, string> {
  return {
    ...composed(tableOf(role), role.decides, place, env),
    ...(role.needs.database && { DATABASE_URL: holdings.databaseUrl }),
    ...secretValues(role.decides, holdings.secrets),
  };
}

/** Environment of the engine's own command, which drives the same engine as the node. */
export function engineEnv(place: EnginePlace, env: Env): Record<string, string> {
  return composed(engineEnvironment, engineDecisions, place, env);
}

/** What the supervisor is given of the user's environment, to hand it on. */
export function supervisedVariables(env: Env): Values {
  const names = processRoles.flatMap((role) => passedNames(tableOf(role), role.decides));
  return picked(env, [...new Set(names)]);
}

/** Variables that are set and that this install decides nonetheless, one sentence each. */
export function overruledVariables(
  env: Env,
  rows: readonly ProcessRole[] = processRoles,
): string[] {
  const sentences = rows.flatMap((role) =>
    Object.entries(role.decides).flatMap(([name, decided]) => {
      if (!env[name] || decided.by === 'default' || decided.by === 'user') return [];
      const instead =
        decided.by === 'secret' ? 'it is kept in the folder secrets' : decided.instead;
      return [`${name} is ignored, because the install decides it: ${instead}`];
    }),
  );
  return [...new Set(sentences)];
}

const fingerprint = (value: string): string =>
  createHash('sha256').update(value).digest('hex').slice(0, 16);

/** What a stack was started with, so that it can be told whether it has what somebody demands now. */
export function variableMarks(place: EnginePlace, env: Env): Record<string, string> {
  const { runtime, dockerHost } = place.engine;
  const all = {
    ...supervisedVariables(env),
    CONTAINER_RUNTIME: runtime,
    ...(dockerHost !== undefined && { DOCKER_HOST: dockerHost }),
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, fingerprint(value)]));
}

/** Variables the user has set otherwise than they were when the stack was started. */
export function missedVariables(marks: Readonly<Record<string, string>>, env: Env): string[] {
  const asDocker = marks['CONTAINER_RUNTIME'] === fingerprint('docker');
  const engine = ['CONTAINER_RUNTIME', ...(asDocker ? ['DOCKER_HOST'] : [])];
  const set = { ...supervisedVariables(env), ...picked(env, engine) };
  return Object.entries(set).flatMap(([name, value]) => {
    const same = marks[name] === fingerprint(value) || ambientVariables.includes(name);
    return same ? [] : [name];
  });
}

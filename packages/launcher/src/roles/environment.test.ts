import { describe, expect, it } from 'vitest';
import { type Environment, Secret } from '@cynodeai/runtime/config';
import { engineEnvironment } from '@cynodeai/runtime/environment/node';
import { pathsOf } from '../install/paths.ts';
import type { EngineChoice } from '../install/engine-choice.ts';
import { demandedEngine, unchosenEngine } from '../install/engine-choice.ts';
import { portsBeside } from '../install/ports.ts';
import {
  engineEnv,
  missedVariables,
  overruledVariables,
  roleEnv,
  supervisedVariables,
  variableMarks,
} from './environment.ts';
import type { RolePlace } from './role.ts';
import { processRoles, roleNamed, roleNames, roles } from './table.ts';

const place: RolePlace = {
  checkout: '/src',
  paths: pathsOf('/home/state'),
  runDir: '/run/cynode/0123abcd',
  ports: portsBeside(1, 2),
  inference: { path: { kind: 'none' } },
  engine: unchosenEngine,
};
const holdings = {
  databaseUrl: 'postgres://own',
  secrets: {
    jwt: new Secret('s-jwt'),
    secretsKey: new Secret('s-key'),
    registrationPsk: new Secret('s-psk'),
    adminPassword: new Secret('s-password'),
    gatewayProof: new Secret('s-gateway-proof'),
    controlPlaneProof: new Secret('s-control-plane-proof'),
    workflowRunner: new Secret('s-workflow-runner'),
  },
};

/** Every variable that a role's own table names. */
const documented = processRoles.flatMap((role) =>
  role.environments.flatMap((environment: Environment) =>
    Object.entries(environment).map(([name, variable]) => ({ role, name, variable })),
  ),
);

/** A value of the user's own; for one of a few words it is one of them. */
const valueOf = (name: string): string => (name === 'CONTAINER_RUNTIME' ? 'docker' : `set-${name}`);

/** The install as it is once the user has started it with these variables. */
const startedWith = (env: Record<string, string>): RolePlace => ({
  ...place,
  engine: demandedEngine({ CONTAINER_RUNTIME: 'docker', ...env }, unchosenEngine),
});

describe('a variable of the user', () => {
  it.each(documented)(
    '$name reaches $role.name, or is told to be the install’s',
    ({ role, name }) => {
      const env = { [name]: valueOf(name) };
      const decided = role.decides[name];
      const got = roleEnv(role, startedWith(env), holdings, env)[name];
      const told = overruledVariables(env).filter((sentence) => sentence.startsWith(`${name} `));
      if (decided === undefined || decided.by === 'default') {
        expect({ got, told }).toEqual({ got: valueOf(name), told: [] });
      } else if (decided.by === 'user') {
        expect(told).toEqual([]);
      } else {
        expect(got).not.toBe(valueOf(name));
        expect(told).toHaveLength(1);
        expect(told[0]).toMatch(/is ignored, because the install decides it: \S/);
      }
    },
  );

  it('reaches the supervisor as far as it reaches a role', () => {
    const free = documented.filter(({ role, name, variable }) => {
      const decided = role.decides[name];
      return decided === undefined ? !variable.secret : decided.by === 'default';
    });
    const env = Object.fromEntries(free.map(({ name }) => [name, valueOf(name)]));
    expect(supervisedVariables(env)).toEqual(env);
    expect(supervisedVariables({ JWT_SECRET: 'x', LISTEN_ADDR: ':1', NODE_OPTIONS: '-i' })).toEqual(
      {},
    );
  });

  it('decides the engine of the node and of whoever looks after it', () => {
    const env = { CONTAINER_RUNTIME: 'docker', DOCKER_HOST: 'unix:///d.sock' };
    const demanded = startedWith(env);
    const node = processRoles.find((role) => role.name === 'node');
    expect(node && roleEnv(node, demanded, holdings, {})).toMatchObject(env);
    expect(engineEnv(demanded, {})).toMatchObject(env);
    expect(Object.keys(engineEnv(place, {})).filter((name) => name in engineEnvironment)).toEqual([
      'CYNODE_STATE_DIR',
      'CYNODE_RUN_DIR',
    ]);
  });
});

describe('what only some may hold', () => {
  it.each(processRoles)('reaches $name as far as its row names it', (role) => {
    const env = roleEnv(role, place, holdings, { DATABASE_URL: 'postgres://outside' });
    expect(env['DATABASE_URL']).toBe(role.needs.database ? 'postgres://own' : undefined);
    const named = Object.values(role.decides).flatMap((decided) =>
      decided.by === 'secret' ? [holdings.secrets[decided.secret].reveal()] : [],
    );
    const held = Object.values(env).filter((value) => value.startsWith('s-'));
    expect(held.toSorted()).toEqual(named.toSorted());
  });

  it.each(documented.filter(({ variable }) => variable.secret))(
    'is never the user’s own $name',
    ({ role, name }) => {
      const env = roleEnv(role, place, holdings, { [name]: 'from-outside' });
      expect(Object.values(env)).not.toContain('from-outside');
    },
  );
});

describe('the table of roles', () => {
  it('decides only variables that a table of the role names', () => {
    for (const role of processRoles) {
      const known = role.environments.flatMap((environment) => Object.keys(environment));
      for (const name of Object.keys(role.decides)) expect(known).toContain(name);
    }
  });

  it('names each process, each hosted role and each listener once', () => {
    const servers = processRoles.flatMap((role) => role.servers.map((server) => server.name));
    const hosted = processRoles.flatMap((role) => role.hosts);
    for (const names of [roleNames, servers, hosted]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('lets a process wait only for one that starts before it', () => {
    for (const role of processRoles) {
      const before = roleNames.slice(0, roleNames.indexOf(role.name));
      for (const needed of role.needs.after) expect(before).toContain(needed);
    }
  });

  it('gives a node as long to stop as its jobs may take, and all others a fixed time', () => {
    const patient = { NODE_SHUTDOWN_GRACE_SECONDS: '120' };
    for (const role of roles) {
      expect(role.stopMs({}), role.name).toBeLessThanOrEqual(30_000);
      if (role.name !== 'node') expect(role.stopMs(patient)).toBe(role.stopMs({}));
    }
    const node = roleNamed('node');
    expect([node.stopMs({}), node.stopMs(patient)]).toEqual([30_000, 140_000]);
  });
});

describe('a stack that was started with other variables', () => {
  const marks = (env: Record<string, string>, engine: EngineChoice = unchosenEngine) =>
    variableMarks({ ...place, engine }, env);

  it('is told by those that are set now', () => {
    const started = marks({ RATE_LIMIT_PER_MINUTE: '5', DATABASE_URL: 'postgres://a' });
    expect(missedVariables(started, {})).toEqual([]);
    expect(missedVariables(started, { RATE_LIMIT_PER_MINUTE: '5' })).toEqual([]);
    expect(
      missedVariables(started, { RATE_LIMIT_PER_MINUTE: '6', DATABASE_URL: 'postgres://b' }),
    ).toEqual(['RATE_LIMIT_PER_MINUTE']);
  });

  it('is told by its engine, and by its daemon when that is docker', () => {
    const docker = { runtime: 'docker', dockerHost: 'unix:///a' } as const;
    expect(missedVariables(marks({}), { CONTAINER_RUNTIME: 'docker' })).toEqual([
      'CONTAINER_RUNTIME',
    ]);
    expect(missedVariables(marks({}), { CONTAINER_RUNTIME: 'podman', DOCKER_HOST: 'x' })).toEqual(
      [],
    );
    expect(missedVariables(marks({}, docker), { DOCKER_HOST: 'unix:///a' })).toEqual([]);
    expect(missedVariables(marks({}, docker), { DOCKER_HOST: 'unix:///b' })).toEqual([
      'DOCKER_HOST',
    ]);
  });

  it('is not told by what a session sets by itself', () => {
    expect(missedVariables(marks({}), { XDG_RUNTIME_DIR: '/run/user/7' })).toEqual([]);
  });

  it('holds no value of theirs', () => {
    expect(JSON.stringify(marks({ DATABASE_URL: 'postgres://u:pw@h/d' }))).not.toContain('pw');
  });
});

describe('the engine of an install', () => {
  it('is what is demanded, else what was, else podman', () => {
    const docker = { runtime: 'docker', dockerHost: 'unix:///a' } as const;
    expect(demandedEngine({}, unchosenEngine)).toEqual({ runtime: 'podman' });
    expect(demandedEngine({}, docker)).toEqual(docker);
    expect(demandedEngine({ CONTAINER_RUNTIME: 'podman' }, docker)).toEqual({ runtime: 'podman' });
    expect(
      demandedEngine({ CONTAINER_RUNTIME: 'docker', DOCKER_HOST: 'unix:///b' }, docker),
    ).toEqual({ runtime: 'docker', dockerHost: 'unix:///b' });
  });

  it('is refused when it is none', () => {
    expect(() => demandedEngine({ CONTAINER_RUNTIME: 'lxc' }, unchosenEngine)).toThrow(
      'CONTAINER_RUNTIME must be podman or docker, not "lxc"',
    );
  });
});

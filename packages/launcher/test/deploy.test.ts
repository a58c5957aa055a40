import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@cynodeai/runtime/config';
import { runCommand } from '@cynodeai/runtime/process';
import { temporaryDirectory } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ProcessRole } from '../src/roles/role.ts';
import { processRoles } from '../src/roles/table.ts';
import { unitText } from '../src/setup/service.ts';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const deploy = join(checkout, 'deploy');
const kinds = ['system', 'user'] as const;

const unitsOf = (kind: string): string[] =>
  readdirSync(join(deploy, 'systemd', kind)).map((name) => join(deploy, 'systemd', kind, name));

const textOf = (path: string): string => readFileSync(path, 'utf8');

describe('systemd units', () => {
  it.each(kinds)('of the %s pass systemd-analyze verify without a word', async (kind) => {
    await using dir = await temporaryDirectory();
    const manager = kind === 'user' ? ['--user'] : [];
    const result = await runCommand(
      'systemd-analyze',
      [...manager, '--man=no', 'verify', ...unitsOf(kind)],
      { env: { PATH: '/usr/bin:/bin', HOME: dir.path, XDG_RUNTIME_DIR: dir.path } },
    );
    if (result.exitCode === 127) {
      expect.fail('systemd-analyze is missing; install it: apt-get install systemd');
    }
    expect({ code: result.exitCode, said: result.stderr }).toEqual({ code: 0, said: '' });
  });

  it('are told apart from broken ones by that check', async () => {
    await using dir = await temporaryDirectory();
    const broken = textOf(join(deploy, 'systemd/system/cynode-node.service'))
      .replace('/usr/bin/env', '/usr/bin/no-such-program')
      .replace('KillMode=mixed', 'KillMode=sometimes');
    writeFileSync(join(dir.path, 'broken.service'), broken);
    const result = await runCommand(
      'systemd-analyze',
      ['--man=no', 'verify', join(dir.path, 'broken.service')],
      { env: { PATH: '/usr/bin:/bin' } },
    );
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain('no-such-program');
    expect(result.stderr).toContain('sometimes');
  });

  it('are there for every role, start what the checkout holds, and take secrets from a file only', () => {
    for (const kind of kinds) {
      const units = unitsOf(kind);
      expect(units.map((path) => path.split('/').at(-1))).toEqual([
        'cynode-agents.service',
        'cynode-control-plane.service',
        'cynode-node.service',
        'cynode-user-gateway.service',
        'cynode.service',
      ]);
      for (const text of units.filter((path) => !path.endsWith('/cynode.service')).map(textOf)) {
        const entry = /^ExecStart=.*cynodeai\/(?<path>packages\/\S+\.ts)/m.exec(text)?.groups;
        expect(existsSync(join(checkout, entry?.['path'] ?? 'none'))).toBe(true);
        expect(text).toMatch(/^EnvironmentFile=\S+\.env$/m);
        expect(text).not.toMatch(/^Environment=.*(?:PSK|SECRET|PASSWORD|DATABASE)/m);
      }
    }
  });

  it.each(kinds)('of the %s bring a whole install back, too, and keep no secret of it', (kind) => {
    const text = textOf(join(deploy, 'systemd', kind, 'cynode.service'));
    const [, program] =
      /^ExecStart=\/usr\/bin\/env \S*cynodeai\/(cynode) up --quiet$/m.exec(text) ?? [];
    expect(existsSync(join(checkout, program ?? 'none'))).toBe(true);
    expect(text).not.toMatch(/PSK|SECRET|PASSWORD|DATABASE/);
    const stopMs = processRoles.reduce((sum, role) => sum + role.stopMs({}), 0);
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(text) ?? [];
    expect(Number(seconds) * 1000).toBeGreaterThanOrEqual(stopMs);
  });

  it('have names in the journal, and groups of their own where sandboxes are', () => {
    for (const path of kinds.flatMap(unitsOf)) {
      const text = textOf(path);
      const name = path.split('/').at(-1)?.replace('.service', '');
      expect(text).toMatch(new RegExp(`^SyslogIdentifier=${name}$`, 'm'));
      const sandboxes = ['cynode', 'cynode-node'].includes(name ?? '');
      expect(/^Delegate=yes$/m.test(text)).toBe(sandboxes);
      expect(/^KillMode=mixed$/m.test(text)).toBe(sandboxes);
    }
  });

  it('come with a node file that fetches nothing', () => {
    const settings: unknown = parse(textOf(join(deploy, 'systemd/node.yaml.example')));
    expect(settings).toMatchObject({ inference: { mode: 'disabled' } });
  });

  const deployed = processRoles.flatMap((role) =>
    'deploy' in role && role.deploy !== undefined ? [{ ...role, deploy: role.deploy }] : [],
  );
  const known = (role: ProcessRole): string[] =>
    role.environments.flatMap((environment) => Object.keys(environment));

  it.each(deployed)('are those of the table of roles: $name', (role) => {
    for (const kind of kinds) {
      const text = textOf(join(deploy, 'systemd', kind, `${role.deploy.unit}.service`));
      const [, command = ''] = /^ExecStart=(.*)$/m.exec(text) ?? [];
      expect(command).toContain(`/${role.entry} `);
      if (role.name !== 'node') expect(command.endsWith(` ${role.hosts.join(' ')}`)).toBe(true);
      for (const [, name] of text.matchAll(/^Environment=(\w+)=/gm)) {
        expect(['PATH', ...known(role)]).toContain(name);
      }
      const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(text) ?? [];
      expect(Number(seconds) * 1000).toBeGreaterThanOrEqual(role.stopMs({}));
      const confined = /^NoNewPrivileges=yes$/m.test(text);
      expect(confined).toBe(role.confinement === 'full');
    }
    const example = textOf(
      join(deploy, `systemd/${role.deploy.unit.replace('cynode-', '')}.env.example`),
    );
    for (const [, name] of example.matchAll(/^(\w+)=/gm)) expect(known(role)).toContain(name);
  });

  it('keep the node clear of what Podman does not stand', () => {
    for (const kind of kinds) {
      const text = textOf(join(deploy, `systemd/${kind}/cynode-node.service`));
      const set = /^(?:Protect\w+|Private\w+|RestrictSUIDSGID|RestrictNamespaces|MemoryDeny\w+)=/m;
      expect(text).not.toMatch(set);
      // Each of these takes newuidmap away from a user's service.
      if (kind === 'user')
        expect(text).not.toMatch(/^(?:NoNew|SystemCall|RestrictAddress|Lock)\w+=/m);
    }
  });

  it.each([
    [
      'control-plane',
      [
        'JWT_SECRET',
        'NODE_REGISTRATION_PSK',
        'ORCHESTRATOR_SECRETS_KEY',
        'BOOTSTRAP_ADMIN_PASSWORD',
        'WORKFLOW_RUNNER_BEARER_TOKEN',
      ],
    ],
    ['agents', ['WORKFLOW_RUNNER_BEARER_TOKEN']],
    ['user-gateway', ['JWT_SECRET']],
  ])('come with an example that names every secret of %s and holds none', (unit, secrets) => {
    const text = textOf(join(deploy, `systemd/${unit}.env.example`));
    const named = [...text.matchAll(/^(\w+)=$/gm)].map(([, name]) => name);
    expect(named).toEqual(secrets);
  });
});

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      image: z.string(),
      command: z.array(z.string()).optional(),
      build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
      environment: z.record(z.string(), z.string()),
      ports: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});

describe('the compose file', () => {
  const file = composeSchema.parse(parse(textOf(join(deploy, 'compose.yaml'))));
  const { services } = file;

  it('runs the database, control plane, agents and gateway; the node drives the engine of its host and is not there', () => {
    expect(Object.keys(services)).toEqual(['postgres', 'control-plane', 'agents', 'user-gateway']);
  });

  it.each(processRoles)(
    'gives $name only variables of its own list, where it is a service',
    (role) => {
      const service = 'deploy' in role ? role.deploy?.service : undefined;
      if (service === undefined) return;
      const known = role.environments.flatMap((environment) => Object.keys(environment));
      const given = Object.keys(services[service]?.environment ?? {});
      expect(given.length).toBeGreaterThan(3);
      for (const name of given) expect(known).toContain(name);
      // Whatever it cannot start without is there.
      const required = role.environments.flatMap((environment: Environment) =>
        Object.entries(environment).flatMap(([name, { required }]) => (required ? [name] : [])),
      );
      for (const name of required) expect(given).toContain(name);
    },
  );

  it('demands every secret and has a default for none', () => {
    const secrets = Object.values(services).flatMap(({ environment }) =>
      Object.entries(environment).filter(([name]) =>
        /PASSWORD|SECRET|PSK|TOKEN|DATABASE_URL/.test(name),
      ),
    );
    expect(secrets.length).toBeGreaterThan(5);
    for (const [name, value] of secrets) {
      expect(value, name).toMatch(/\$\{[A-Z_]+:\?/);
      expect(value, name).not.toMatch(/:-/);
    }
  });

  it('listens on the loopback address of the host, on the documented ports', () => {
    const ports = Object.values(services).flatMap((service) => service.ports);
    expect(ports).toEqual([
      '127.0.0.1:${POSTGRES_PORT:-5432}:5432',
      '127.0.0.1:${CONTROL_PLANE_PORT:-12082}:12082',
      '127.0.0.1:${ORCHESTRATOR_PORT:-8080}:8080',
    ]);
  });

  it('builds from a file that is there, and names only volumes it declares', () => {
    const build = services['control-plane']?.build;
    expect(existsSync(join(deploy, build?.context ?? '', build?.dockerfile ?? ''))).toBe(true);
    const used = Object.values(services).flatMap(({ volumes }) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    expect(new Set(used)).toEqual(new Set(Object.keys(file.volumes)));
  });

  it.each(['control-plane', 'user-gateway'])('starts %s as its unit does', (name) => {
    const unit = textOf(join(deploy, `systemd/system/cynode-${name}.service`));
    const [, started] = /cynodeai\/(packages\S+main\.ts .*)$/m.exec(unit) ?? [];
    expect(services[name]?.command?.join(' ')).toBe(`node ${started}`);
    expect(services[name]?.image).toBe('localhost/cynode/orchestrator:latest');
  });
});

describe('the unit that cynode up --service writes', () => {
  const template = (kind: string): string =>
    textOf(join(deploy, 'systemd', kind, 'cynode.service'));

  it.each(
    kinds.flatMap((kind) =>
      ['plain', 'a b', 'ü%h $HOME ${X} "q" \\n;'].map((name) => [kind, name] as const),
    ),
  )('is the one of deploy (%s), also for folders called %j', async (kind, name) => {
    await using dir = await temporaryDirectory();
    const places = {
      checkout: join(dir.path, name),
      home: join(dir.path, name, 'state'),
      userHome: join(dir.path, name, 'home'),
    };
    mkdirSync(places.checkout);
    writeFileSync(join(places.checkout, 'cynode'), '#!/bin/sh\n', { mode: 0o755 });
    const unit = join(dir.path, 'cynode.service');
    writeFileSync(unit, unitText(template(kind), places));
    const manager = kind === 'user' ? ['--user'] : [];
    const verified = await runCommand('systemd-analyze', [...manager, '--man=no', 'verify', unit], {
      env: { PATH: '/usr/bin:/bin', HOME: dir.path, XDG_RUNTIME_DIR: dir.path },
    });
    expect({ code: verified.exitCode, said: verified.stderr }).toEqual({ code: 0, said: '' });
    const lines = (text: string): string[] => text.split('\n');
    const changed = lines(textOf(unit)).filter((line) => !lines(template(kind)).includes(line));
    expect(
      changed.map((line) => /^(?:ExecStart|Environment="(?:HOME|CYNODE_HOME))/.exec(line)?.[0]),
    ).toEqual(['Environment="HOME', 'Environment="CYNODE_HOME', 'ExecStart']);
  });

  it('refuses a folder that no line of it can name', () => {
    const places = { checkout: '/a\nExecStart=/bin/false', home: '/b', userHome: '/c' };
    expect(() => unitText(template('system'), places)).toThrow('a folder with a line break');
  });
});

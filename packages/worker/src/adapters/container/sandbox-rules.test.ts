import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { createBody } from './docker/create-body.ts';
import { runArguments } from './podman/arguments.ts';
import { engineProfileSchema } from './podman/profile.ts';
import {
  dockerParts,
  podmanFlags,
  type RuleSetting,
  type SandboxRule,
  sandboxRules,
  type Untold,
} from './sandbox-rules.ts';
import { seccompProfile } from './seccomp/profile.ts';

const spec = {
  name: 'cynode-sandbox-1',
  image: 'localhost/a:1',
  command: ['sh', '-c', 'id'],
  env: { A: 'b=c' },
  labels: { 'io.cynodeai.kind': 'sandbox' },
  mounts: [{ hostPath: '/m/w', containerPath: '/workspace', readOnly: false }],
  workdir: '/workspace',
  timeoutSeconds: 60,
};
const seccompFile = '/s/seccomp.json';
const network = { mode: 'ns:/proc/1/ns/net', close: async () => {} };
const group = { parent: '/cynode-1', share: { processes: 99, memoryMb: 70 } };
const user = { uid: 1_900_000_001, gid: 1_900_000_001 };
const best = { rootless: false, privateCgroups: true, init: true, ulimits: ['nofile=9'] };

/** Engines at their best and at their worst, with and without a way to the model. */
const settings: readonly (Omit<RuleSetting, 'seccomp'> & { readonly title: string })[] = [
  { title: 'root, no network', ...best, timeoutSeconds: 60 },
  { title: 'root, a way to the model', ...best, network, timeoutSeconds: 60 },
  { title: 'root, a ceiling, a user', ...best, group, user, timeoutSeconds: 60 },
  {
    title: 'root, a service',
    ...best,
    group: { parent: '/a.service/sandboxes' },
    user,
    timeoutSeconds: 60,
  },
  {
    title: 'root, a share alone',
    ...best,
    group: { share: { processes: 99, memoryMb: 70 } },
    user,
    timeoutSeconds: 60,
  },
  {
    title: 'rootless',
    rootless: true,
    privateCgroups: true,
    init: true,
    ulimits: ['nproc=99'],
    ownNamespace: { uids: 65_537, gids: 1, processes: 33 },
    timeoutSeconds: 60,
  },
  {
    title: 'rootless, a way to the model',
    rootless: true,
    privateCgroups: true,
    init: true,
    ulimits: ['nproc=99'],
    ownNamespace: { uids: 65_537, gids: 1, processes: 33 },
    network,
    timeoutSeconds: 60,
  },
  {
    title: 'rootless on a poor host',
    rootless: true,
    privateCgroups: false,
    init: true,
    ulimits: [],
    timeoutSeconds: 60,
  },
];

const untold = (part: SandboxRule['podman'] | SandboxRule['docker']): part is Untold =>
  'untold' in part;

describe.each(settings)('the rules of every sandbox: $title', ({ title: _title, ...setting }) => {
  const { rootless, privateCgroups, init, ulimits, ownNamespace } = setting;
  const podmanProfile = engineProfileSchema.parse({
    version: '4',
    rootless,
    rootlessSupported: true,
    cgroupVersion: 'v2',
    runtime: 'runc',
    cgroupManager: 'cgroupfs',
    storage: 'overlay',
    ignoreChownErrors: false,
    privateCgroups,
    init,
    relabel: false,
    ulimits,
    ...(ownNamespace && { ownNamespace }),
  });
  const run = {
    ...spec,
    ...(setting.network && { network: setting.network }),
    ...(setting.user && { user: setting.user }),
  };
  const podman = runArguments(podmanProfile, {
    ...run,
    envFile: '/f',
    envNames: [],
    pidFile: '/p',
    seccompFile,
    group: setting.group,
    user: setting.user,
  });
  const docker = createBody(
    { version: '20.10', rootless, privateCgroups, relabel: false, group: setting.group },
    run,
    [],
  );
  const rules = sandboxRules({ ...setting, seccomp: seccompFile });
  const asText = sandboxRules({ ...setting, seccomp: seccompProfile(process.arch) });

  it.each(rules)('reach Podman: $rule', (rule) => {
    if (untold(rule.podman)) return;
    for (const argument of rule.podman) expect(podman).toContain(argument);
  });

  it.each(asText)('reach Docker: $rule', (rule) => {
    if (untold(rule.docker)) return;
    const { SecurityOpt: options, ...host } = rule.docker.host ?? {};
    expect(docker).toMatchObject({ ...rule.docker.config, HostConfig: host });
    if (options === undefined) return;
    expect(docker).toMatchObject({
      HostConfig: { SecurityOpt: expect.arrayContaining([options].flat()) },
    });
  });

  it.each(rules)('are told each engine, or it is said why not: $rule', ({ podman, docker }) => {
    if (untold(podman)) expect(podman.untold).not.toBe('');
    else expect(podman).not.toHaveLength(0);
    if (untold(docker)) expect(docker.untold).not.toBe('');
    else expect({ ...docker.config, ...docker.host }).not.toStrictEqual({});
  });

  it('stand once each', () => {
    const names = rules.map(({ rule }) => rule);
    expect(new Set(names).size).toBe(names.length);
  });
});

it('a sandbox counted apart has a share of the processes, one with a network is not counted apart', () => {
  const setting = {
    rootless: true,
    privateCgroups: true,
    init: true,
    ulimits: ['nofile=9', 'nproc=99'],
    ownNamespace: { uids: 2, gids: 1, processes: 33 },
    seccomp: seccompFile,
  };
  const flags = (more: Partial<RuleSetting>) =>
    podmanFlags(sandboxRules({ ...setting, ...more })).filter((flag) =>
      /^--(?:ulimit|uidmap|gidmap)/.test(flag),
    );
  expect(flags({})).toStrictEqual([
    '--ulimit=nofile=9',
    '--ulimit=nproc=33',
    '--uidmap=0:0:2',
    '--gidmap=0:0:1',
  ]);
  const shared = ['--ulimit=nofile=9', '--ulimit=nproc=99'];
  expect(flags({ network })).toStrictEqual(shared);
  expect(flags({ ownNamespace: undefined })).toStrictEqual(shared);
});

it('no rule is lost when two fill the same list of Docker', () => {
  const option = (text: string): SandboxRule => ({
    rule: text,
    podman: [],
    docker: { host: { SecurityOpt: [text] } },
  });
  expect(dockerParts([option('a'), option('b')]).host).toStrictEqual({ SecurityOpt: ['a', 'b'] });
});

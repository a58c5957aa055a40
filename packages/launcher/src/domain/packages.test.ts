import { describe, expect, it } from 'vitest';
import {
  type PackageSituation,
  installCommand,
  missingPackages,
  planPackages,
  requirementsOf,
} from './packages.ts';

const situation: PackageSituation = {
  missing: ['podman', 'runc'],
  root: true,
  hasApt: true,
  agreed: false,
  canAsk: false,
};

describe('missing packages', () => {
  it('are named once each', () => {
    const needed = requirementsOf({ engine: 'podman', unifiedCgroups: false });
    const without = (...names: string[]) =>
      missingPackages((program) => !names.includes(program), needed);
    expect(without('podman', 'runc')).toEqual(['podman', 'runc']);
    expect(without()).toEqual([]);
  });

  it.each([
    [true, [], ['crun']],
    [true, ['crun'], []],
    [true, ['runc'], []],
    [false, [], ['runc']],
    [false, ['crun'], ['runc']],
    [false, ['runc'], []],
  ])('of a runtime, with cgroups of version 2: %s, beside %j are %j', (...all) => {
    const [unifiedCgroups, present, missing] = all;
    const runtimes = new Set(['crun', 'runc']);
    const isThere = (program: string): boolean =>
      !runtimes.has(program) || present.includes(program);
    expect(missingPackages(isThere, requirementsOf({ engine: 'podman', unifiedCgroups }))).toEqual(
      missing,
    );
    expect(missingPackages(isThere, requirementsOf({ engine: 'docker', unifiedCgroups }))).toEqual(
      [],
    );
  });

  it.each([
    [[], ['docker.io']],
    [['dockerd'], []],
    [['docker'], []],
  ])('of Docker, beside %j are %j: a client alone will do, and so will a daemon', (...all) => {
    const [present, missing] = all;
    const needed = requirementsOf({ engine: 'docker', unifiedCgroups: true });
    const isThere = (program: string): boolean =>
      !program.startsWith('docker') || present.some((name) => name === program);
    expect(missingPackages(isThere, needed)).toEqual(missing);
  });

  it('are not talked about when there are none', () => {
    expect(planPackages({ ...situation, missing: [] })).toEqual({ kind: 'nothing' });
  });

  it('are installed at once after consent', () => {
    expect(planPackages({ ...situation, agreed: true }).kind).toBe('install');
  });

  it('are asked about on a terminal', () => {
    expect(planPackages({ ...situation, canAsk: true }).kind).toBe('ask');
  });

  it('are told, not installed, without consent and without a terminal', () => {
    expect(planPackages(situation)).toMatchObject({
      kind: 'tell',
      reason: expect.stringContaining('--yes'),
    });
  });

  it('are told to a user who may not install, whatever was agreed', () => {
    const plan = planPackages({ ...situation, root: false, agreed: true, canAsk: true });
    expect(plan).toMatchObject({ kind: 'tell', packages: ['podman', 'runc'] });
    expect(installCommand(['podman', 'runc'], false)).toBe(
      'sudo apt-get install --no-install-recommends -y podman runc',
    );
  });

  it('are told where there is no apt', () => {
    expect(planPackages({ ...situation, hasApt: false, agreed: true }).kind).toBe('tell');
  });
});

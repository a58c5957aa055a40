import { describe, expect, it } from 'vitest';
import { cgroupVersionOf, countsByNamespace, hardLimitOf } from '../shared/host.ts';
import { engineMessage } from './client.ts';
import { bootDirOf, runDirOf } from '../shared/run-dir.ts';
import { mountsBelow } from './reset-engine.ts';

const v1 =
  '30 25 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu';

describe('what is read off the host', () => {
  it.each([
    [v1, 'v1'],
    [`${v1}\n32 30 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`, 'hybrid'],
    ['30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw', 'v2'],
    ['', 'v1'],
  ])('control groups of %j are %s', (mountInfo, version) => {
    expect(cgroupVersionOf(mountInfo)).toBe(version);
  });

  it.each([
    ['4.19.0-26-amd64', false],
    ['5.4.0', false],
    ['5.13.19-1-lts', false],
    ['5.14.0-503.el9.x86_64', true],
    ['5.15', true],
    ['6.1.0-40-amd64', true],
    ['10.0.0', true],
    ['odd', false],
  ])('a kernel %s counts by user namespace: %s', (kernel, counts) => {
    expect(countsByNamespace(kernel)).toBe(counts);
  });

  it('hard limits are numbers or unlimited', () => {
    const limits = [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max processes             96365                96366                processes ',
      'Max open files            1024                 unlimited            files     ',
    ].join('\n');
    expect(hardLimitOf(limits, 'Max processes')).toBe(96_366);
    expect(hardLimitOf(limits, 'Max open files')).toBeUndefined();
    expect(hardLimitOf('', 'Max open files')).toBeUndefined();
  });

  it('mounts below a folder come deepest first', () => {
    const lines = ['/s', '/s/a', '/s/a/b\\040c', '/sx', '/t'].map(
      (point) => `1 2 0:1 / ${point} rw - x x rw`,
    );
    expect(mountsBelow(lines.join('\n'), '/s')).toStrictEqual(['/s/a/b c', '/s/a']);
  });

  it("the engine's last words are one short line", () => {
    expect(engineMessage('time=x level=warning\nError: it broke\n')).toBe('it broke');
    expect(engineMessage('plain\n')).toBe('plain');
    expect(engineMessage('')).toBe('');
    expect(engineMessage(`Error: ${'x'.repeat(1000)}`)).toHaveLength(300);
  });
});

describe('the paths of the private engine', () => {
  const source = { stateDir: '/state' };

  it("are short, the operator's own first, and different for every install", () => {
    expect(runDirOf({ ...source, runDir: '/r' }, 0)).toBe('/r');
    expect(runDirOf({ ...source, xdgRuntimeDir: '/run/user/1000' }, 1000)).toMatch(
      /^\/run\/user\/1000\/cynode\/[0-9a-f]{8}$/,
    );
    expect(runDirOf(source, 0)).toMatch(/^\/run\/cynode\/[0-9a-f]{8}$/);
    expect(runDirOf(source, 7)).toMatch(/^\/tmp\/cynode-7-[0-9a-f]{8}$/);
    expect(runDirOf({ stateDir: '/other' }, 0)).not.toBe(runDirOf(source, 0));
  });

  it('change with every boot of the host', () => {
    expect(bootDirOf({ ...source, runDir: '/r' }, { uid: 0, bootId: 'aaaaaaaa-b' })).toBe(
      '/r/aaaaaaaa',
    );
    expect(bootDirOf({ ...source, runDir: '/r' }, { uid: 0, bootId: 'cccccccc-d' })).toBe(
      '/r/cccccccc',
    );
  });
});

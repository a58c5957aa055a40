import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachineProbe, distroOf, socketsOf } from './machine.ts';

describe('the facts of a host', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cynode-drm-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('reads distribution and sockets, or does without', () => {
    expect(distroOf('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n')).toBe('Debian GNU/Linux 12');
    expect(distroOf('')).toBeUndefined();
    const cpuinfo = 'physical id\t: 0\nphysical id\t: 0\nphysical id\t: 1\n';
    expect(socketsOf(cpuinfo)).toBe(2);
    expect(socketsOf('processor : 0')).toBeUndefined();
  });

  it('describes this machine, also when a detail cannot be had', async () => {
    const facts = await createMachineProbe(dir).facts();
    expect(facts.cpuCores).toBeGreaterThan(0);
    expect(facts.storageFreeMb).toBeGreaterThan(0);
    expect(['amd64', 'arm64']).toContain(facts.arch);
    const without = await createMachineProbe(join(dir, 'none')).facts();
    expect(without.storageFreeMb).toBeUndefined();
    expect(without.ramMb).toBe(facts.ramMb);
  });
});

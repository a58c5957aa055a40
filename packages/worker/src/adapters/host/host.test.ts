import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectGpus } from './gpu.ts';
import { createMachineProbe, distroOf, socketsOf } from './machine.ts';

describe('the facts of a host', () => {
  let dir: string;
  const card = async (name: string, files: Record<string, string>): Promise<void> => {
    await mkdir(join(dir, name, 'device'), { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      await writeFile(join(dir, name, 'device', file), `${text}\n`);
    }
  };
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cynode-drm-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('lists graphics cards of known vendors and leaves out connectors and display adapters', async () => {
    const vram = String(16 * 1024 ** 3);
    await card('card0', { vendor: '0x1002', device: '0x744c', mem_info_vram_total: vram });
    await card('card1', { vendor: '0x10de' });
    await card('card1-DP-1', { vendor: '0x10de' });
    await card('card2', { vendor: '0x1234', device: '0x1111' });
    await mkdir(join(dir, 'card3'));
    expect(await detectGpus(dir)).toEqual([
      { vendor: 'AMD', deviceId: '0x744c', vramMb: 16_384 },
      { vendor: 'NVIDIA', deviceId: 'unknown' },
    ]);
  });

  it('finds no card where the kernel lists none', async () => {
    expect(await detectGpus(join(dir, 'none'))).toEqual([]);
  });

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

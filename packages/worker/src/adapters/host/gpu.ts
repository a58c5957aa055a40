import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GpuDevice } from '../../domain/capability/host-facts.ts';

/** PCI vendors of cards that can run inference. Display adapters of others count as no GPU. */
const vendors: Readonly<Record<string, string>> = {
  '0x10de': 'NVIDIA',
  '0x1002': 'AMD',
  '0x8086': 'Intel',
};

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

async function readCard(folder: string): Promise<GpuDevice | undefined> {
  const vendor = vendors[(await readText(join(folder, 'vendor'))) ?? ''];
  if (vendor === undefined) return undefined;
  const vram = Number(await readText(join(folder, 'mem_info_vram_total')));
  return {
    vendor,
    deviceId: (await readText(join(folder, 'device'))) ?? 'unknown',
    ...(Number.isFinite(vram) && vram > 0 && { vramMb: Math.floor(vram / 1024 ** 2) }),
  };
}

/** Graphics cards as the kernel lists them below `drmFolder`; none when that cannot be read. Contract 03 section 8.1. */
export async function detectGpus(drmFolder = '/sys/class/drm'): Promise<readonly GpuDevice[]> {
  let names: string[];
  try {
    names = await readdir(drmFolder);
  } catch {
    return [];
  }
  const cards = names.filter((name) => /^card\d+$/.test(name)).toSorted();
  const devices = await Promise.all(cards.map((card) => readCard(join(drmFolder, card, 'device'))));
  return devices.filter((device) => device !== undefined);
}

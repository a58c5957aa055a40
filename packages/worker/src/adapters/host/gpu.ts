import { readFile, readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { GpuDevice } from '../../domain/capability/host-facts.ts';
import { amdGpus } from './amd-gpus.ts';
import { type RunTool, nvidiaGpus, runTool } from './nvidia-gpus.ts';

/** PCI vendors of cards that can run inference and the drivers that let them. Display adapters of others count as no GPU. */
const vendors: Readonly<Record<string, { readonly name: string; readonly drivers: string[] }>> = {
  '0x10de': { name: 'NVIDIA', drivers: ['nvidia'] },
  '0x1002': { name: 'AMD', drivers: ['amdgpu'] },
  '0x8086': { name: 'Intel', drivers: ['i915', 'xe'] },
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
  const driver = await readlink(join(folder, 'driver')).catch(() => '');
  // A card that is driven for display only runs no inference.
  if (vendor === undefined || !vendor.drivers.includes(basename(driver))) return undefined;
  const vram = Number(await readText(join(folder, 'mem_info_vram_total')));
  return {
    vendor: vendor.name,
    deviceId: (await readText(join(folder, 'device'))) ?? 'unknown',
    ...(Number.isFinite(vram) && vram > 0 && { vramMb: Math.floor(vram / 1024 ** 2) }),
  };
}

/** Graphics cards as the kernel lists them; none when that cannot be read. */
async function kernelGpus(drmFolder: string): Promise<readonly GpuDevice[]> {
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

/**
 * Graphics cards of this machine: by the vendors' tools, which know most, else as the kernel lists
 * them. Whatever fails means no card. See docs/reference/inference.md#model-service-of-a-node.
 */
export async function detectGpus(
  drmFolder = '/sys/class/drm',
  run: RunTool = runTool,
): Promise<readonly GpuDevice[]> {
  const [kernel, nvidia, amd] = await Promise.all([
    kernelGpus(drmFolder),
    nvidiaGpus(run),
    amdGpus(run),
  ]);
  const of = (vendor: string): readonly GpuDevice[] =>
    kernel.filter((gpu) => gpu.vendor === vendor);
  return [...(amd ?? of('AMD')), ...of('Intel'), ...(nvidia ?? of('NVIDIA'))];
}

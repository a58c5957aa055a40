import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJsonOr } from '@cynodeai/runtime/std';
import { z } from 'zod';
import type { GpuDevice } from '../../domain/capability/host-facts.ts';
import type { RunTool } from './nvidia-gpus.ts';

const listSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Versions of the tool spell names in different letter cases. */
function fieldOf(card: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const entry = Object.entries(card).find(([key]) => key.toLowerCase() === name);
  return typeof entry?.[1] === 'string' ? entry[1].trim() : undefined;
}

/** Devices in the tool's JSON document; none when it is something else. */
export function parseRocmList(text: string, rocmVersion: string | undefined): readonly GpuDevice[] {
  // Warnings may stand before the document.
  const parsed = listSchema.safeParse(parseJsonOr(text.slice(text.indexOf('{'))));
  if (!parsed.success) return [];
  return Object.entries(parsed.data).flatMap(([name, card]) => {
    if (!/^card\d+$/.test(name)) return [];
    const model = fieldOf(card, 'card series') ?? fieldOf(card, 'device name');
    const vram = Number(fieldOf(card, 'vram total memory (b)'));
    return [
      {
        vendor: 'AMD',
        deviceId: fieldOf(card, 'unique id') ?? name,
        ...(model !== undefined && model !== '' && { model }),
        ...(Number.isSafeInteger(vram) && vram > 0 && { vramMb: Math.floor(vram / 1024 ** 2) }),
        ...(rocmVersion !== undefined && { features: { rocm_version: rocmVersion } }),
      },
    ];
  });
}

/** AMD cards by the ROCm tool; undefined when that does not work here. */
export async function amdGpus(
  run: RunTool,
  rocmFolder = '/opt/rocm',
): Promise<readonly GpuDevice[] | undefined> {
  const args = ['--showproductname', '--showuniqueid', '--showmeminfo', 'vram', '--json'];
  const list = (await run('rocm-smi', args)) ?? (await run(join(rocmFolder, 'bin/rocm-smi'), args));
  if (list === undefined) return undefined;
  const version = await readFile(join(rocmFolder, '.info/version'), 'utf8').catch(() => undefined);
  return parseRocmList(list, version === undefined ? undefined : version.trim().split('-')[0]);
}

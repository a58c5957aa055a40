import { runCommand } from '@cynodeai/runtime/process';
import type { GpuDevice } from '../../domain/capability/host-facts.ts';

/** Runs a vendor's tool within a limit; undefined when it is not installed or fails. */
export type RunTool = (program: string, args: readonly string[]) => Promise<string | undefined>;

/** A tool that hangs, as with a broken driver, must not hold up the start, ms. */
const toolLimitMs = 5000;
const toolBytes = 1024 * 1024;

export const runTool: RunTool = async (program, args) => {
  const limits = { timeoutMs: toolLimitMs, maxOutputBytes: toolBytes };
  const result = await runCommand(program, args, limits).catch(() => undefined);
  return result?.exitCode === 0 ? result.stdout : undefined;
};

/** Devices in the tool's list: name, id, MiB of memory and, with newer drivers, compute capability. */
export function parseNvidiaList(csv: string): readonly GpuDevice[] {
  return csv.split('\n').flatMap((line) => {
    const [model = '', deviceId = '', memory = '', capability = ''] = line
      .split(',')
      .map((field) => field.trim());
    if (!deviceId.startsWith('GPU-')) return [];
    const vramMb = Number(memory);
    return [
      {
        vendor: 'NVIDIA',
        deviceId,
        ...(model !== '' && { model }),
        ...(Number.isSafeInteger(vramMb) && vramMb > 0 && { vramMb }),
        ...(/^\d+\.\d+$/.test(capability) && { features: { cuda_capability: capability } }),
      },
    ];
  });
}

/** NVIDIA cards by their driver's own tool; undefined when that does not work here. */
export async function nvidiaGpus(run: RunTool): Promise<readonly GpuDevice[] | undefined> {
  const fields = 'name,uuid,memory.total';
  const ask = (query: string): Promise<string | undefined> =>
    run('nvidia-smi', [`--query-gpu=${query}`, '--format=csv,noheader,nounits']);
  // Drivers before 510 do not know the last field.
  const list = (await ask(`${fields},compute_cap`)) ?? (await ask(fields));
  return list === undefined ? undefined : parseNvidiaList(list);
}

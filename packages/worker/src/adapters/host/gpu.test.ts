import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { amdGpus, parseRocmList } from './amd-gpus.ts';
import { detectGpus } from './gpu.ts';
import { nvidiaGpus, parseNvidiaList, runTool } from './nvidia-gpus.ts';

const none = async (): Promise<undefined> => undefined;

describe('GPU detection', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cynode-gpu-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const card = async (
    name: string,
    driver: string,
    files: Record<string, string>,
  ): Promise<void> => {
    const folder = join(dir, name, 'device');
    await mkdir(folder, { recursive: true });
    await symlink(`../../../bus/pci/drivers/${driver}`, join(folder, 'driver'));
    for (const [file, text] of Object.entries(files)) {
      await writeFile(join(folder, file), `${text}\n`);
    }
  };

  it('lists cards with a compute driver and leaves out connectors and display adapters', async () => {
    const vram = String(16 * 1024 ** 3);
    await card('card0', 'amdgpu', {
      vendor: '0x1002',
      device: '0x744c',
      mem_info_vram_total: vram,
    });
    await card('card1', 'nvidia', { vendor: '0x10de' });
    await card('card1-DP-1', 'nvidia', { vendor: '0x10de' });
    await card('card2', 'bochs-drm', { vendor: '0x1234', device: '0x1111' });
    await card('card4', 'nouveau', { vendor: '0x10de' });
    await card('card5', 'i915', { vendor: '0x8086', device: '0x9a49' });
    await mkdir(join(dir, 'card3'));
    expect(await detectGpus(dir, none)).toEqual([
      { vendor: 'AMD', deviceId: '0x744c', vramMb: 16_384 },
      { vendor: 'Intel', deviceId: '0x9a49' },
      { vendor: 'NVIDIA', deviceId: 'unknown' },
    ]);
  });

  it('finds no card where nothing can be read', async () => {
    expect(await detectGpus(join(dir, 'none'), none)).toEqual([]);
  });

  it("believes the vendor's tool more than the kernel", async () => {
    await card('card1', 'nvidia', { vendor: '0x10de' });
    const tool = async (program: string): Promise<string | undefined> =>
      program === 'nvidia-smi'
        ? 'NVIDIA GeForce RTX 3090, GPU-5d4f, 24576, 8.6\nNVIDIA GH200, GPU-77aa, [N/A], 9.0\n'
        : undefined;
    expect(await detectGpus(dir, tool)).toEqual([
      {
        vendor: 'NVIDIA',
        deviceId: 'GPU-5d4f',
        model: 'NVIDIA GeForce RTX 3090',
        vramMb: 24_576,
        features: { cuda_capability: '8.6' },
      },
      {
        vendor: 'NVIDIA',
        deviceId: 'GPU-77aa',
        model: 'NVIDIA GH200',
        features: { cuda_capability: '9.0' },
      },
    ]);
  });

  it('asks an old driver without the field it does not know', async () => {
    const asked: string[] = [];
    const old = async (_program: string, args: readonly string[]): Promise<string | undefined> => {
      asked.push(args[0] ?? '');
      return args[0]?.includes('compute_cap') === true ? undefined : 'Tesla K80, GPU-1, 11441\n';
    };
    expect(await nvidiaGpus(old)).toEqual([
      { vendor: 'NVIDIA', deviceId: 'GPU-1', model: 'Tesla K80', vramMb: 11_441 },
    ]);
    expect(asked).toHaveLength(2);
  });

  it('reads the ROCm tool in the spellings of its versions, with its version', async () => {
    await mkdir(join(dir, '.info'));
    await writeFile(join(dir, '.info/version'), '6.0.2-115\n');
    const text = `WARNING: AMD GPU device(s) is/are in a low-power state.\n${JSON.stringify({
      card0: {
        'Unique ID': '0x1f2e',
        'VRAM Total Memory (B)': '25753026560',
        'Card Series': 'AMD Radeon RX 7900 XTX',
      },
      card1: { 'VRAM Total Memory (B)': '17163091968', 'Card series': 'Radeon VII' },
      system: { 'Driver version': '6.3.6' },
    })}`;
    const tool = async (program: string): Promise<string | undefined> =>
      program.startsWith(dir) ? text : undefined;
    expect(await amdGpus(tool, dir)).toEqual([
      {
        vendor: 'AMD',
        deviceId: '0x1f2e',
        model: 'AMD Radeon RX 7900 XTX',
        vramMb: 24_560,
        features: { rocm_version: '6.0.2' },
      },
      {
        vendor: 'AMD',
        deviceId: 'card1',
        model: 'Radeon VII',
        vramMb: 16_368,
        features: { rocm_version: '6.0.2' },
      },
    ]);
    expect(await amdGpus(tool, join(dir, 'elsewhere'))).toEqual(expect.any(Array));
  });

  it.each(['', 'No devices were found', '{', '[]', '{"card0": 7}', 'null'])(
    'makes no card of %j',
    (text) => {
      expect(parseNvidiaList(text)).toEqual([]);
      expect(parseRocmList(text, undefined)).toEqual([]);
    },
  );

  it('takes a tool that is missing, fails or floods for none', async () => {
    expect(await runTool('no-such-tool-anywhere', [])).toBeUndefined();
    expect(await runTool('false', [])).toBeUndefined();
    expect(await runTool('yes', [])).toBeUndefined();
    expect(await runTool('echo', ['x'])).toBe('x\n');
  });
});

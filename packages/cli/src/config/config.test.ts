import { mkdtemp, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigFile } from './config-file.ts';
import { resolveGatewayUrl } from './gateway-url.ts';
import { packSession, unpackSession } from './session.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cynork-config-'));
  path = join(folder, 'config.yaml');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('ConfigFile', () => {
  it('writes through a symbolic link instead of replacing it', async () => {
    const real = join(folder, 'real.yaml');
    await writeFile(real, 'other: 1\n', { mode: 0o644 });
    await symlink(real, path);
    const file = new ConfigFile(path);
    await file.lock(() => file.edit({ token: 't' }), true);
    expect(await readFile(real, 'utf8')).toBe('other: 1\ntoken: t\n');
    expect((await stat(real)).mode & 0o777).toBe(0o600);
  });

  it('leaves no temporary file behind when it cannot replace, and removes those of killed writers', async () => {
    await writeFile(join(folder, '.config.yaml.dead.tmp'), 'token: old');
    const file = new ConfigFile(path);
    await file.edit({ token: 'new' });
    expect(await readdir(folder)).toEqual(['config.yaml']);
    const unwritable = new ConfigFile(join(folder, 'missing', 'config.yaml'));
    await expect(unwritable.edit({ token: 'x' })).rejects.toMatchObject({ code: 'internal' });
    expect(await readdir(folder)).toEqual(['config.yaml']);
  });

  it('is changed by one at a time, and free again after a failure', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await readdir(folder);
      inside -= 1;
    };
    const locked = <T>(run: () => Promise<T>): Promise<T> => new ConfigFile(path).lock(run, true);
    await Promise.all(Array.from({ length: 5 }, () => locked(work)));
    expect(most).toBe(1);
    await expect(locked(() => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    await expect(locked(async () => 'free')).resolves.toBe('free');
    expect(await readdir(folder)).toEqual(['.config.yaml.lock', '.config.yaml.pid']);
  });

  it('says so when the lock cannot be made', async () => {
    const nowhere = new ConfigFile('/proc/self/config.yaml');
    await expect(nowhere.lock(async () => 0, false)).rejects.toMatchObject({ code: 'internal' });
  });

  it('does not write when nothing changes', async () => {
    await writeFile(path, 'a:   1 # as it was\n');
    const before = new Date(1000);
    await utimes(path, before, before);
    await new ConfigFile(path).edit({ token: undefined });
    expect((await stat(path)).mtime).toEqual(before);
    await new ConfigFile(join(folder, 'none')).edit({ token: undefined });
    expect(await readdir(folder)).toEqual(['config.yaml']);
  });

  it('reads empty values as absent, and nothing from nowhere', async () => {
    await writeFile(path, 'token: ""\ngateway_url:\nrefresh_token: r\n');
    await expect(new ConfigFile(path).read()).resolves.toEqual({ refreshToken: 'r' });
    await expect(new ConfigFile(undefined).read()).resolves.toEqual({});
    await expect(new ConfigFile(undefined).isExposed()).resolves.toBe(false);
    await expect(new ConfigFile(folder).read()).rejects.toMatchObject({ code: 'usage' });
  });

  it('refuses aliases that grow without end', async () => {
    const levels = Array.from(
      { length: 9 },
      (_unused, n) => `k${n + 1}: &k${n + 1} [*k${n},*k${n},*k${n}]`,
    );
    await writeFile(path, `k0: &k0 x\n${levels.join('\n')}\n`);
    await expect(new ConfigFile(path).read()).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('the gateway address', () => {
  it('comes from the environment, the file or the default', () => {
    expect(resolveGatewayUrl('http://a', 'http://b')).toBe('http://a');
    expect(resolveGatewayUrl('', 'http://b')).toBe('http://b');
    expect(resolveGatewayUrl(undefined, undefined)).toBe('http://localhost:8080');
    expect(() => resolveGatewayUrl(undefined, 'http://u:p@b')).toThrow('gateway_url must be');
  });
});

describe('a session as one secret', () => {
  it('is split when it is a pair and taken whole when it is not', () => {
    const pair = unpackSession(packSession('a', 'r'));
    expect([pair?.access?.reveal(), pair?.refresh?.reveal()]).toEqual(['a', 'r']);
    for (const bare of ['plain', '{"other":1}', '"text"']) {
      expect(unpackSession(bare)?.access?.reveal()).toBe(bare);
    }
    expect(unpackSession('')).toBeUndefined();
    expect(unpackSession('{"token":""}')).toBeUndefined();
    expect(String(pair?.access)).toBe('[secret]');
  });
});

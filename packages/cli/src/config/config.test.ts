import { mkdtemp, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localPlaceOf } from '@cynodeai/api-client/local-install';
import { Secret } from '@cynodeai/runtime/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigFile } from './config-file.ts';
import { type TargetOptions, resolveTarget } from './gateway-target.ts';
import { packSessions, unpackSessions } from './session.ts';

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
    await expect(new ConfigFile(path).read()).resolves.toEqual({
      sessions: [{ gateway: undefined, token: undefined, refreshToken: 'r' }],
      contexts: new Map(),
    });
    await expect(new ConfigFile(undefined).read()).resolves.toEqual({
      sessions: [],
      contexts: new Map(),
    });
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

const none: TargetOptions = {
  flag: undefined,
  context: undefined,
  environment: undefined,
  file: { sessions: [], contexts: new Map() },
  install: undefined,
};

describe('the gateway address', () => {
  const file = (gatewayUrl?: string): TargetOptions['file'] => ({
    ...none.file,
    ...(gatewayUrl !== undefined && { gatewayUrl }),
    contexts: new Map([['far', { gateway_url: 'https://far.test' }]]),
  });
  const install = (port: number): NonNullable<TargetOptions['install']> => ({
    port,
    proofKey: new Secret('k'),
    place: localPlaceOf('/nowhere'),
  });

  it.each<readonly [string, Partial<TargetOptions>, string]>([
    ['flag', { flag: 'http://f', environment: 'http://e', file: file('http://b') }, 'http://f'],
    [
      'context',
      { context: 'far', environment: 'http://e', file: file('http://b') },
      'https://far.test',
    ],
    [
      'environment',
      { environment: 'http://e', file: file('http://b'), install: install(9) },
      'http://e',
    ],
    ['file', { environment: '', file: file('http://b'), install: install(9) }, 'http://b'],
    ['install', { file: file(), install: install(9) }, 'http://127.0.0.1:9'],
    ['install', { install: install(8080) }, 'http://localhost:8080'],
    [
      'install',
      { context: 'local', file: file('http://b'), install: install(9) },
      'http://127.0.0.1:9',
    ],
    ['default', {}, 'http://localhost:8080'],
    ['default', { context: 'local', file: file('http://b') }, 'http://localhost:8080'],
  ])('comes from the %s', (source, options, url) => {
    expect(resolveTarget({ ...none, ...options })).toMatchObject({ source, url });
  });

  it.each([
    ['HTTP://Gate.Test:80/path/', 'http://gate.test'],
    ['https://gate.test:443', 'https://gate.test'],
    ['http://127.1:9', 'http://127.0.0.1:9'],
    ['http://[0:0:0:0:0:0:0:1]:9', 'http://[::1]:9'],
    ['http://bücher.test', 'http://xn--bcher-kva.test'],
  ])('has one form: %s', (flag, origin) => {
    expect(resolveTarget({ ...none, flag }).origin).toBe(origin);
  });

  it.each(['http://127.0.0.1:9', 'http://localhost:9/x', 'http://[::1]:9', 'http://127.0.0.9:9'])(
    'of the install has to be proven, whoever names it: %s',
    (url) => {
      const installed = install(9);
      for (const named of [{ flag: url }, { environment: url }, { file: file(url) }]) {
        expect(resolveTarget({ ...none, ...named, install: installed }).install).toBe(installed);
      }
    },
  );

  it.each(['https://127.0.0.1:9', 'http://127.0.0.1:10', 'http://gate.test:9'])(
    'is another than that of the install: %s',
    (flag) => {
      expect(resolveTarget({ ...none, flag, install: install(9) })).not.toHaveProperty('install');
    },
  );

  it('says where it is wrong', () => {
    expect(() => resolveTarget({ ...none, file: file('http://u:p@b') })).toThrow(
      'gateway_url must',
    );
    expect(() => resolveTarget({ ...none, flag: 'x' })).toThrow('--gateway must');
    expect(() => resolveTarget({ ...none, context: 'near' })).toThrow('no context near');
  });
});

describe('sessions as one secret', () => {
  it('are split when it is a pair and taken whole when it is not', () => {
    const kept = { gateway: 'http://a', token: 'a', refreshToken: 'r' };
    const other = { gateway: 'http://b', token: 'b', refreshToken: undefined };
    expect(unpackSessions(packSessions([kept, other]))).toEqual([kept, other]);
    for (const bare of ['plain', '{"other":1}', '"text"']) {
      expect(unpackSessions(bare)).toEqual([
        { gateway: undefined, token: bare, refreshToken: undefined },
      ]);
    }
    expect(unpackSessions('')).toEqual([]);
    expect(unpackSessions('{"token":""}')).toEqual([]);
    expect(packSessions([])).toBe('');
  });
});

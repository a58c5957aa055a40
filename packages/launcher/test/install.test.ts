import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runCommand } from '@cynodeai/runtime/process';
import { temporaryDirectory } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { findInstall, openInstall } from '../src/install/install.ts';
import { removeTree } from '../src/machine/remove-tree.ts';
import { openSecrets } from '../src/install/secrets.ts';
import { testInstall } from './fixtures/test-install.ts';

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('an install', () => {
  it('is the same for two that set it up at once, secrets included', async () => {
    await using dir = await temporaryDirectory();
    const env = { HOME: dir.path, CYNODE_HOME: join(dir.path, 'state') };
    expect(findInstall(env)).toBeUndefined();
    const installs = await Promise.all([openInstall(env), openInstall(env), openInstall(env)]);
    expect(installs[1]).toEqual(installs[0]);
    expect(installs[2]).toEqual(installs[0]);
    expect(findInstall(env)).toEqual(installs[0]);
    const secrets = installs.map((install) => openSecrets(install.paths));
    expect(new Set(secrets.map((each) => each.jwt.reveal())).size).toBe(1);
    removeTree(installs[0].runDir);
  });

  it('keeps everything from others: folders 0700, secrets 0600', async () => {
    await using test = await testInstall();
    const { paths, runDir } = test.install;
    openSecrets(paths);
    const audit = join(paths.secrets, 'audit');
    for (const dir of [paths.home, paths.secrets, audit, paths.logs, paths.node, runDir]) {
      expect(mode(dir), dir).toBe(0o700);
    }
    const names = readdirSync(paths.secrets, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name !== 'audit',
    );
    expect(names.toSorted()).toEqual([
      'admin-password',
      'audit/seal-key.pem',
      'control-plane-proof',
      'gateway-proof',
      'jwt-secret',
      'registration-psk',
      'secrets-key',
      'workflow-runner',
    ]);
    for (const name of names) expect(mode(join(paths.secrets, name)), name).toBe(0o600);
    expect(mode(paths.settings)).toBe(0o600);
  });

  it('makes secrets of its own, long enough for their use', async () => {
    await using one = await testInstall();
    await using other = await testInstall();
    const [a, b] = [openSecrets(one.install.paths), openSecrets(other.install.paths)];
    expect(a.jwt.reveal()).not.toBe(b.jwt.reveal());
    expect(Buffer.from(a.secretsKey.reveal(), 'base64')).toHaveLength(32);
    expect(a.registrationPsk.reveal().length).toBeGreaterThanOrEqual(32);
    expect(a.adminPassword.reveal().length).toBeGreaterThanOrEqual(32);
  });

  it('lives beside another one', async () => {
    await using one = await testInstall();
    await using other = await testInstall();
    expect(one.install.runDir).not.toBe(other.install.runDir);
  });

  it('makes its socket folder again after a reboot emptied it', async () => {
    await using test = await testInstall();
    removeTree(test.install.runDir);
    await openInstall(test.env);
    expect(existsSync(test.install.runDir)).toBe(true);
  });

  it('refuses damaged settings and says how to go on', async () => {
    await using test = await testInstall();
    const good = readFileSync(test.install.paths.settings, 'utf8');
    writeFileSync(test.install.paths.settings, good.slice(0, 20));
    expect(() => findInstall(test.env)).toThrow(/damaged.*cynode reset/);
    await expect(openInstall(test.env)).rejects.toMatchObject({ code: 'install' });
  });
});

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

// Only root mounts what keeps a folder from being deleted.
if (process.getuid?.() === 0) {
  it('is still one after a reset that was cut short, which then goes on', async () => {
    await using test = await testInstall();
    const { paths } = test.install;
    const reset = () =>
      runCommand(process.execPath, [main, 'reset', '--yes'], {
        env: { ...test.env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      });
    const held = join(paths.home, 'held');
    mkdirSync(held);
    execFileSync('mount', ['-t', 'tmpfs', 'none', held]);
    try {
      const { exitCode, stderr } = await reset();
      expect([exitCode, stderr]).toEqual([125, expect.stringContaining(`umount ${held}`)]);
      expect(findInstall(test.env)).toBeDefined();
    } finally {
      execFileSync('umount', [held]);
    }
    expect(await reset()).toMatchObject({ exitCode: 0, stdout: `deleted ${paths.home}\n` });
    expect(readdirSync(paths.home)).toEqual([]);
  });
}

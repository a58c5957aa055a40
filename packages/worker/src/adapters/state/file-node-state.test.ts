import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { isSignedBy } from '@cynodeai/runtime/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileNodeState } from './file-node-state.ts';

const version = '01HZZZZZZZZZZZZZZZZZZZZZZZ';

describe('the state of a node', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cynode-state-'));
  });
  afterEach(async () => {
    await chmod(dir, 0o700);
    await rm(dir, { recursive: true, force: true });
  });

  it('remembers the applied version across runs, in files only its user can read', async () => {
    const path = join(dir, 'made', 'here');
    const state = createFileNodeState(path);
    await state.open();
    expect(await state.lastApplied()).toBeUndefined();
    await state.saveApplied(version);
    await state.saveApplied(version);
    expect(await createFileNodeState(path).lastApplied()).toBe(version);
    await state.close();
    const names = await readdir(path);
    expect(names).toEqual(['applied-config.json', 'node.lock', 'node.pid']);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, names[0] ?? ''))).mode & 0o777).toBe(0o600);
  });

  it('makes one identity and keeps it across runs, in a file only its user can read', async () => {
    const state = createFileNodeState(dir);
    await state.open();
    const { publicKey, sign } = await state.identity();
    expect((await state.identity()).publicKey).toBe(publicKey);
    await state.close();
    const again = await createFileNodeState(dir).identity();
    expect(again.publicKey).toBe(publicKey);
    expect(isSignedBy(publicKey, 'text', sign('text'))).toBe(true);
    const path = join(dir, 'identity.pem');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('refuses a damaged identity, because another one would be another node', async () => {
    const state = createFileNodeState(dir);
    await state.identity();
    for (const text of ['', 'nonsense', '-----BEGIN PRIVATE KEY-----\nAAAA\n']) {
      await writeFile(join(dir, 'identity.pem'), text);
      const refusal = state.identity();
      await expect(refusal).rejects.toMatchObject({ code: 'state_unusable' });
      await expect(refusal).rejects.toThrow('cynork nodes allow-reregister');
    }
  });

  it('lets a second node in only when the first is gone, and names the first', async () => {
    const first = createFileNodeState(dir);
    const second = createFileNodeState(dir);
    await first.open();
    const refusal = second.open();
    await expect(refusal).rejects.toMatchObject({ code: 'state_locked' });
    await expect(refusal).rejects.toThrow(`in use by a node (process ${process.pid})`);
    await rm(join(dir, 'node.pid'));
    await expect(second.open()).rejects.toThrow('another process');
    await first.close();
    await second.open();
    await second.close();
  });

  it('refuses a damaged memory instead of forgetting', async () => {
    const state = createFileNodeState(dir);
    await writeFile(join(dir, 'applied-config.json'), '{"config_version": "older');
    await expect(state.lastApplied()).rejects.toMatchObject({ code: 'state_unusable' });
  });

  it('says so when the directory cannot be used, and leaves no draft behind', async () => {
    await writeFile(join(dir, 'file'), '');
    const blocked = createFileNodeState(join(dir, 'file'));
    await expect(blocked.open()).rejects.toMatchObject({ code: 'state_unusable' });
    await expect(blocked.identity()).rejects.toMatchObject({ code: 'state_unusable' });
    await expect(blocked.lastApplied()).rejects.toMatchObject({ code: 'state_unusable' });
    await expect(blocked.saveApplied(version)).rejects.toMatchObject({ code: 'state_unusable' });
    expect(await readdir(dir)).toEqual(['file']);
  });
});

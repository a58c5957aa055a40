import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
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
    await expect(blocked.lastApplied()).rejects.toMatchObject({ code: 'state_unusable' });
    await expect(blocked.saveApplied(version)).rejects.toMatchObject({ code: 'state_unusable' });
    expect(await readdir(dir)).toEqual(['file']);
  });
});

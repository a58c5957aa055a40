import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';
import { takeLock } from '../src/install/lock.ts';

describe('a lock', () => {
  it('is held by one at a time', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'lock');
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        await using _lock = await takeLock(path);
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      }),
    );
    expect(most).toBe(1);
  });

  it('is free again when its holder was killed', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'lock');
    const fixture = fileURLToPath(new URL('fixtures/hold-lock.ts', import.meta.url));
    const holder = Child.ofScript(fixture, [path]);
    await holder.printed('held');
    let waited = false;
    const onWait = (): void => {
      holder.kill();
      waited = true;
    };
    const taking = takeLock(path, { onWait });
    await using _lock = await taking;
    expect(waited).toBe(true);
  });

  it('is not waited for any longer once the caller gives up', async () => {
    await using dir = await temporaryDirectory();
    const path = join(dir.path, 'lock');
    await using _held = await takeLock(path);
    const control = new AbortController();
    const waiting = takeLock(path, { signal: control.signal, onWait: () => control.abort() });
    await expect(waiting).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('says so when its file cannot be made', async () => {
    await expect(takeLock('/proc/no/such/lock')).rejects.toMatchObject({ code: 'setup' });
  });
});

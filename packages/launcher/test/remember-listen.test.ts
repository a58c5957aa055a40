import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findInstall } from '../src/install/install.ts';
import { rememberListen } from '../src/setup/remember-listen.ts';
import { testInstall } from './fixtures/test-install.ts';

it.each(['192.0.2.7', '192.0.2.7:9000', '2001:db8::7', '[2001:db8::7]:9000'])(
  'an address of another machine is told at once, and is not kept for later starts: %s',
  async (listen) => {
    await using test = await testInstall();
    const { install, env } = test;
    const kept = await rememberListen(install, { listen: '127.0.0.1:9100', name: ['a.example'] });
    const before = readFileSync(install.paths.settings, 'utf8');
    await expect(rememberListen(kept, { listen })).rejects.toMatchObject({
      code: 'setup',
      message: expect.stringMatching(
        /is no address of this machine; it has: .*--listen 0\.0\.0\.0$/,
      ),
    });
    expect(readFileSync(install.paths.settings, 'utf8')).toBe(before);
    expect(findInstall(env)?.listen).toMatchObject({ address: '127.0.0.1', port: 9100 });
    expect((await rememberListen(kept, { listen: '0.0.0.0' })).listen?.address).toBe('0.0.0.0');
    expect((await rememberListen(kept, { listen: 'off' })).listen).toBeUndefined();
    expect(findInstall(env)?.listen).toBeUndefined();
  },
);

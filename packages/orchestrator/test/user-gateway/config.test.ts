import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { ConfigError } from '@cynodeai/runtime/config';
import { temporaryDirectory } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { userGatewayConfig } from '../../src/processes/user-gateway-config.ts';
import { testKey } from './support/gateway.ts';

const base = { DATABASE_URL: 'postgresql://x/y', JWT_SECRET: testKey };

describe('the environment of the gateway', () => {
  it('has the documented defaults', () => {
    const { jwtKey, databaseUrl, ...rest } = userGatewayConfig(base);
    expect([String(jwtKey), String(databaseUrl)]).toEqual(['[secret]', '[secret]']);
    expect(rest).toEqual({
      accessMs: 900_000,
      refreshMs: 604_800_000,
      listen: { host: '0.0.0.0', port: 8080 },
      readTimeoutMs: 30_000,
      writeTimeoutMs: 300_000,
      idleTimeoutMs: 120_000,
      maxHeaderBytes: 65_536,
      maxConnectionsPerAddress: 512,
      hostNames: ['0.0.0.0'],
      maxBodyBytes: 10_485_760,
      loginsPerAddressPerMinute: 60,
      trustedProxies: [],
      watchedDirectories: [resolve('data/artifacts')],
      content: { directory: './data/artifacts', s3: undefined },
      migrationsDirectory: undefined,
    });
  });

  it('names an S3 service as a whole, with a secret that is not printed', async () => {
    const named = {
      ARTIFACT_S3_ENDPOINT: 'https://s3.example.org/base',
      ARTIFACT_S3_BUCKET: 'a-bucket',
      ARTIFACT_S3_KEY_ID: 'AKIA',
      ARTIFACT_S3_SECRET_KEY: 'hidden-secret',
    };
    const s3Of = (env: Record<string, string>) => userGatewayConfig({ ...base, ...env }).content.s3;
    const s3 = s3Of({ ...named, ARTIFACT_S3_PREFIX: 'a/b' });
    expect(s3).toMatchObject({ bucket: 'a-bucket', region: 'us-east-1', prefix: 'a/b/' });
    expect(s3?.endpoint.href).toBe(named.ARTIFACT_S3_ENDPOINT);
    expect(inspect(s3) + JSON.stringify(s3)).not.toContain('hidden-secret');
    for (const name of Object.keys(named)) {
      const { [name]: _none, ...rest } = named as Record<string, string>;
      expect(() => s3Of(rest)).toThrow(`${name} is required, as another ARTIFACT_S3 is set`);
    }
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'key');
    await writeFile(file, 'from-a-file\n');
    const { ARTIFACT_S3_SECRET_KEY: _key, ...rest } = named;
    const of = (path: string) => s3Of({ ...rest, ARTIFACT_S3_SECRET_KEY_FILE: path });
    expect(of(file)?.secretKey.reveal()).toBe('from-a-file');
    await writeFile(file, '\n');
    expect(() => of(file)).toThrow('the file is empty');
    expect(() => of(join(folder.path, 'none'))).toThrow(/ARTIFACT_S3_SECRET_KEY_FILE: ENOENT/);
  });

  it('prefers its own listen address to the shared one', () => {
    const shared = { ...base, LISTEN_ADDR: ':9000' };
    expect(userGatewayConfig(shared).listen.port).toBe(9000);
    expect(userGatewayConfig({ ...shared, USER_GATEWAY_LISTEN_ADDR: ':9001' }).listen.port).toBe(
      9001,
    );
  });

  it.each([
    ['', /JWT_SECRET is required/],
    ['short', /at least 32 bytes/],
    ['your-256-bit-secret-your-256-bit-secret', /sample/],
    ['changeme-changeme-changeme-changeme', /sample/],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', /sample/],
  ])('refuses the key "%s" without repeating it', (key, expected) => {
    const read = (): unknown => userGatewayConfig({ ...base, JWT_SECRET: key });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(expected);
    if (key !== '') expect(read).not.toThrow(key);
  });

  it.each(['10.0.0.0/33', 'proxy', '10.0.0.0/8/8', '::1/x', '10.0.0.0/'])(
    'refuses the proxy "%s"',
    (proxies) => {
      expect(() => userGatewayConfig({ ...base, TRUSTED_PROXIES: proxies })).toThrow(
        /TRUSTED_PROXIES/,
      );
    },
  );

  it('takes addresses and networks of proxies', () => {
    const { trustedProxies } = userGatewayConfig({ ...base, TRUSTED_PROXIES: '10.0.0.0/8, ::1,' });
    expect(trustedProxies).toEqual(['10.0.0.0/8', '::1']);
  });
});

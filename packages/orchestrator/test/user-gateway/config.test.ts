import { resolve } from 'node:path';
import { ConfigError } from '@cynodeai/runtime/config';
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
      artifactDirectory: './data/artifacts',
      migrationsDirectory: undefined,
    });
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

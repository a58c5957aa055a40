import { request } from 'node:http';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../observe/index.ts';
import { bindHealthRoutes } from './health.ts';
import { type HostRule, type NamedRequest, hostCheck } from './known-hosts.ts';
import { createHttpServer } from './server.ts';

const names = ['Gateway.example.com', 'other.example.com:8080'];
const check = (rule: HostRule, host: string | undefined, more: Partial<NamedRequest> = {}) =>
  hostCheck(rule)({ method: 'GET', ...more, headers: { host, ...more.headers } });

describe('the name a request is addressed to', () => {
  it.each([
    '127.0.0.1',
    '192.0.2.7:8080',
    '[::1]',
    '[2001:db8::1]:12082',
    'localhost:8080',
    'LOCALHOST.',
    'a.localhost',
    'control-plane:12082',
    'host.docker.internal:12082',
    'host.containers.internal',
    'box.local',
    hostname(),
    'gateway.example.com',
    'GATEWAY.EXAMPLE.COM.:443',
    'other.example.com',
    undefined,
  ])('may be %s', (host) => {
    expect(check({ names }, host)).toBe(true);
    expect(check({ names, calledByMachines: true }, host)).toBe(true);
  });

  it.each([
    'evil.example',
    'gateway.example.com.evil.example',
    'xgateway.example.com',
    '127.0.0.1.evil.example',
    'evil.example:8080',
    'localhost.evil.example:8080',
    '127.0.0.1@evil.example',
    'internal.evil.example',
    '1.2.3.4.5',
    '..',
  ])('may not be %s, unless any may', (host) => {
    expect(check({ names }, host)).toBe(false);
    expect(check({ names: ['*'] }, host)).toBe(true);
  });

  it('may be anything for machines, but nothing that a browser sends', () => {
    const rule = { names: [], calledByMachines: true };
    const ask = (method: string, headers: NamedRequest['headers'] = {}) =>
      check(rule, 'cp.example.com', { method, headers });
    expect(ask('GET')).toBe(false);
    expect(ask('GET', { authorization: 'Bearer x' })).toBe(true);
    expect(ask('POST')).toBe(true);
    expect(ask('POST', { origin: 'http://cp.example.com' })).toBe(false);
    expect(ask('POST', { origin: 'null', authorization: 'Bearer x' })).toBe(false);
  });

  it('is said to be unknown, with the variable that would make it known', async () => {
    const server = await createHttpServer({ log: silentLog, hosts: { names } });
    bindHealthRoutes(server, async () => []);
    const port = await server.listen({ host: '127.0.0.1', port: 0 });
    const ask = (host: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const call = request({ port, host: '127.0.0.1', path: '/healthz', headers: { host } });
        call.on('response', (answer) => resolve(text(answer))).on('error', reject);
        call.end();
      });
    expect(await ask('gateway.example.com')).toBe('ok');
    const refused = await ask('evil.example');
    expect(refused).toContain('ALLOWED_HOSTS');
    expect(refused).toContain('urn:cynodeai:error:validation');
    await server.close();
  });
});

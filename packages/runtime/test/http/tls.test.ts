import { healthRoutes } from '@cynodeai/contracts/common';
import { memoryLog, temporaryDirectory, waitFor } from '@cynodeai/testing';
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { HttpClient, type ServerTrust, callRoute } from '../../src/call/index.ts';
import { bindHealthRoutes, createHttpServer } from '../../src/http/index.ts';
import {
  type CertifiedKey,
  createAuthority,
  createSelfSigned,
  fingerprintOf,
  issueCertificate,
  pinnedCertificate,
  readFingerprint,
  shownCertificates,
} from '../../src/tls/index.ts';

const day = 86_400_000;
const validity = { from: new Date(Date.now() - day), until: new Date(Date.now() + day) };
const authority = createAuthority('the authority', validity);
const stranger = createAuthority('the authority', validity);

const pemOf = (base64: string): string =>
  `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

/** A certificate, with its authority behind it, and its key in one file. */
async function put(file: string, own: CertifiedKey, chain = ''): Promise<void> {
  await writeFile(`${file}.new`, own.certificate + chain + own.key.reveal());
  await rename(`${file}.new`, file);
}

async function serve(
  own: CertifiedKey,
  chain = authority.certificate,
  maxConnectionsPerAddress?: number,
) {
  const log = memoryLog();
  const file = join(directory.path, crypto.randomUUID());
  await put(file, own, chain);
  const server = await createHttpServer({ log, maxConnectionsPerAddress });
  bindHealthRoutes(server, async () => []);
  const plain = await server.listen({ host: '127.0.0.1', port: 0 });
  const files = { certificateFile: file, keyFile: file };
  const port = await server.listenTls({ host: '127.0.0.1', port: 0 }, files);
  const url = `https://127.0.0.1:${port}`;
  return { log, file, plain, port, url, [Symbol.asyncDispose]: () => server.close() };
}

async function ask(baseUrl: string, trust?: ServerTrust, client = new HttpClient({ trust })) {
  try {
    const call = { client, baseUrl, timeoutMs: 10_000, bearer: 'a-secret' };
    return (await callRoute(healthRoutes.healthz, {}, call)).body;
  } finally {
    await client.close();
  }
}

describe('a server behind TLS', () => {
  it('answers as behind its plain door, to who trusts its authority', async () => {
    await using server = await serve(issueCertificate(authority, ['127.0.0.1'], validity));
    expect(await ask(server.url, { certificates: authority.certificate })).toBe('ok');
    expect(await ask(`http://127.0.0.1:${server.plain}`)).toBe('ok');
  });

  it.each([
    ['nobody', undefined],
    ['another authority of the same name', { certificates: stranger.certificate }],
    ['another certificate', { certificates: stranger.certificate, exact: true }],
  ] as const)('is sent nothing by a client that trusts %s', async (_who, trust) => {
    await using server = await serve(issueCertificate(authority, ['127.0.0.1'], validity));
    await expect(ask(server.url, trust)).rejects.toMatchObject({ code: 'unreachable' });
    expect(server.log.text()).not.toContain('request');
  });

  it.each([
    ['for another name', () => issueCertificate(authority, ['elsewhere.example'], validity)],
    [
      'that has ended',
      () =>
        issueCertificate(authority, ['127.0.0.1'], {
          from: validity.from,
          until: new Date(Date.now() - 1000),
        }),
    ],
  ])('with a certificate %s is not believed', async (_what, make) => {
    await using server = await serve(make());
    const trust = { certificates: authority.certificate };
    await expect(ask(server.url, trust)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('that shows no authority is known by the last certificate that it shows, and by no other', async () => {
    const server = await serve(issueCertificate(authority, ['127.0.0.1'], validity), '');
    await using _closing = server;
    const url = new URL(server.url);
    const [own, ...more] = await shownCertificates(url, { timeoutMs: 5000 });
    expect(more).toEqual([]);
    const pinned = await pinnedCertificate(url, own?.fingerprint256 ?? '', { timeoutMs: 5000 });
    expect(await ask(server.url, { certificates: pinned })).toBe('ok');
    await using other = await serve(issueCertificate(authority, ['127.0.0.1'], validity), '');
    await expect(ask(other.url, { certificates: pinned })).rejects.toMatchObject({
      code: 'unreachable',
    });
    await using elsewhere = await serve(issueCertificate(authority, ['a.example'], validity), '');
    const [named] = await shownCertificates(new URL(elsewhere.url), { timeoutMs: 5000 });
    await expect(ask(elsewhere.url, { certificates: String(named) })).rejects.toMatchObject({
      code: 'unreachable',
    });
  });

  it('that is known by its certificate alone may be called by any name, and no other passes for it', async () => {
    const own = createSelfSigned(['some-node'], validity);
    await using server = await serve(own, '');
    const trust = { certificates: own.certificate, exact: true };
    expect(await ask(server.url, trust)).toBe('ok');
    await using other = await serve(createSelfSigned(['some-node'], validity), '');
    await expect(ask(other.url, trust)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it.each([
    ['nothing', ''],
    ['no PEM', 'x'.repeat(10_000)],
    ['a PEM that holds no certificate', pemOf('AAAA')],
    ['a key', createSelfSigned(['x'], validity).key.reveal()],
    ['another one before its own', stranger.certificate + authority.certificate],
  ])(
    'is believed by nobody who was told %s as its certificate, and nothing breaks',
    async (_what, told) => {
      await using server = await serve(issueCertificate(authority, ['127.0.0.1'], validity));
      const trust = { certificates: told, exact: true };
      await expect(ask(server.url, trust)).rejects.toMatchObject({ code: 'unreachable' });
    },
  );

  it('whose files are gone says so once, however often they are looked for', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    await using server = await serve(issueCertificate(authority, ['127.0.0.1'], validity));
    await rm(server.file);
    vi.advanceTimersByTime(60_000);
    const said = (words: string) => server.log.text().split(words).length - 1;
    await waitFor(() => said('cannot be replaced yet') > 0, { what: 'a warning' });
    await put(server.file, issueCertificate(authority, ['127.0.0.1'], validity));
    vi.advanceTimersByTime(2000);
    await waitFor(() => said('the certificate was replaced') > 0, { what: 'the new one' });
    expect(said('cannot be replaced yet')).toBe(1);
    expect(await ask(server.url, { certificates: authority.certificate })).toBe('ok');
  });

  it('changes its certificate under connections that go on', async () => {
    await using server = await serve(issueCertificate(authority, ['127.0.0.1'], validity));
    const before = (await shownCertificates(new URL(server.url), { timeoutMs: 5000 }))[0];
    const client = new HttpClient({ trust: { certificates: authority.certificate } });
    const call = { client, baseUrl: server.url, timeoutMs: 10_000 };
    await callRoute(healthRoutes.healthz, {}, call);
    const next = issueCertificate(authority, ['127.0.0.1'], validity);
    // Not one pair: never taken.
    await put(server.file, { ...next, key: authority.key }, authority.certificate);
    await waitFor(() => server.log.text().includes('cannot be replaced yet'), {
      what: 'a warning',
    });
    await put(server.file, next, authority.certificate);
    await waitFor(
      async () =>
        (await shownCertificates(new URL(server.url), { timeoutMs: 5000 }))[0]?.fingerprint256 ===
        fingerprintOf(next.certificate),
      { what: 'the new certificate' },
    );
    expect(before?.fingerprint256).not.toBe(fingerprintOf(next.certificate));
    expect((await callRoute(healthRoutes.healthz, {}, call)).body).toBe('ok');
    await client.close();
  });

  it('counts the connections of an address, and forgets those that have ended', async () => {
    const own = issueCertificate(authority, ['127.0.0.1'], validity);
    await using server = await serve(own, authority.certificate, 2);
    const trust = { certificates: authority.certificate };
    for (let turn = 0; turn < 6; turn += 1) {
      await waitFor(async () => (await ask(server.url, trust).catch(() => '')) === 'ok', {
        what: 'an answer',
      });
    }
    const open = [1, 2].map(() => connect(server.port, '127.0.0.1').on('error', () => {}));
    await Promise.all(open.map((socket) => once(socket, 'connect')));
    await expect(ask(server.url, trust)).rejects.toMatchObject({ code: 'unreachable' });
    for (const socket of open) socket.destroy();
  });

  it('lets nobody sit on a connection without speaking TLS, and ends beside such a one', async () => {
    const server = await serve(issueCertificate(authority, ['127.0.0.1'], validity));
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.on('error', () => {});
    await once(socket, 'close');
    const silent = connect(server.port, '127.0.0.1').on('error', () => {});
    await once(silent, 'connect');
    const ended = once(silent, 'close');
    await server[Symbol.asyncDispose]();
    await ended;
  });
});

describe('a fingerprint', () => {
  it('finds the authority among what a server shows', async () => {
    await using server = await serve(issueCertificate(authority, ['127.0.0.1'], validity));
    const url = new URL(server.url);
    const found = await pinnedCertificate(url, fingerprintOf(authority.certificate), {
      timeoutMs: 5000,
    });
    expect(found).toBe(authority.certificate);
    await expect(
      pinnedCertificate(url, fingerprintOf(stranger.certificate), { timeoutMs: 5000 }),
    ).rejects.toMatchObject({ code: 'pin_mismatch' });
    await expect(
      shownCertificates(new URL(`https://127.0.0.1:${server.plain}`), { timeoutMs: 5000 }),
    ).rejects.toMatchObject({ code: 'not_tls' });
  });

  it('is the same however it is written, and nothing else is one', () => {
    const text = fingerprintOf(authority.certificate);
    for (const written of [text, text.toLowerCase(), text.replaceAll(':', ''), `SHA256:${text}`]) {
      expect(readFingerprint(written)).toBe(text);
    }
    for (const wrong of ['', 'AA', text.slice(2), `${text}:00`, text.replace('A', 'G')]) {
      expect(readFingerprint(wrong === text ? 'x' : wrong)).toBeUndefined();
    }
  });
});

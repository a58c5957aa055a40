import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HttpClient } from './client.ts';

describe('HttpClient', () => {
  let server: Server;
  let url: string;
  let arrived: PromiseWithResolvers<void>;
  let release: PromiseWithResolvers<void>;

  beforeEach(async () => {
    arrived = Promise.withResolvers();
    release = Promise.withResolvers();
    let requests = 0;
    server = createServer((_request, response) => {
      requests += 1;
      if (requests === 2) arrived.resolve();
      void release.promise.then(() => response.end('late'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
  });
  afterEach(async () => {
    vi.useRealTimers();
    release.resolve();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  // The library keeps one timer for the whole module, so both calls must live under the same fake clock.
  it("waits longer than the 300 s at which the same call ends by the library's defaults", async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const client = new HttpClient();
    const dispatcher = new Agent();
    const patient = client.call({ method: 'POST', url, json: {}, timeoutMs: 4_230_000 });
    const byDefault = expect(request(url, { dispatcher })).rejects.toMatchObject({
      code: 'UND_ERR_HEADERS_TIMEOUT',
    });
    await arrived.promise;
    await vi.advanceTimersByTimeAsync(320_000);
    await byDefault;
    release.resolve();
    expect(await patient).toMatchObject({ status: 200, text: 'late' });
    await Promise.all([client.close(), dispatcher.destroy()]);
  });

  it('ends a call at its deadline, at its signal and at its size limit', async () => {
    const client = new HttpClient();
    const get = { method: 'GET', url, timeoutMs: 60_000 } as const;
    await expect(client.call({ ...get, timeoutMs: 20 })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const stop = new AbortController();
    const stopped = client.call({ ...get, signal: stop.signal });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    release.resolve();
    await expect(client.call({ ...get, maxBytes: 3 })).rejects.toThrow(RangeError);
    expect((await client.call({ ...get, maxBytes: 4 })).text).toBe('late');
    await client.close();
  });
});

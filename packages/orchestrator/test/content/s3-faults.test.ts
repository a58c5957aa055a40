import { Secret } from '@cynodeai/runtime/config';
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type S3World, startS3 } from './support/s3-world.ts';

let world: S3World;
beforeAll(async () => {
  world = await startS3();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.between = () => 'pass';
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const put = async (bytes: Uint8Array, objects = world.objects()): Promise<string> => {
  const draft = await objects.draft(once(bytes));
  try {
    return await draft.publish();
  } finally {
    await draft.discard();
  }
};

const xml = (code: string, message = ''): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

/** Waits less for a server that says nothing. */
const impatient = () => world.objects({}, 1000);

/** Lets so many requests of a method fail in a way, and the others pass. */
function fail(method: string, times: number, how: (response: ServerResponse) => void): void {
  let left = times;
  world.between = (request, response) => {
    if (request.method !== method || left === 0) return 'pass';
    left -= 1;
    how(response);
    return 'answered';
  };
}

const status = (code: number, body: string) => (response: ServerResponse) => {
  response.writeHead(code).end(body);
};

describe('a service with faults that pass', () => {
  it.each([
    ['503', status(503, xml('SlowDown'))],
    ['500 with no word', status(500, '')],
    ['429', status(429, xml('TooManyRequests'))],
    ['a cut connection', (response: ServerResponse) => void response.destroy()],
    ['silence', () => {}],
  ])('is tried again after %s', async (name, how) => {
    const bytes = randomBytes(300_000);
    const objects = name === 'silence' ? impatient() : world.objects();
    fail('PUT', 1, how);
    const ref = await put(bytes, objects);
    fail('GET', 1, how);
    const blob = await objects.open(ref);
    expect((await buffer(blob.chunks)).equals(bytes)).toBe(true);
    fail('DELETE', 1, how);
    await world.objects().remove(ref);
    expect(await world.objects().stat(ref)).toBeUndefined();
  });

  it('that ends in the middle of an upload gets all of it again', async () => {
    const bytes = randomBytes(3_000_000);
    let cut = 0;
    world.between = (request) => {
      if (request.method !== 'PUT' || cut === 2) return 'pass';
      cut += 1;
      request.once('data', () => request.socket.destroy());
      return 'answered';
    };
    const ref = await put(bytes);
    expect(cut).toBe(2);
    const blob = await world.objects().open(ref);
    expect((await buffer(blob.chunks)).equals(bytes)).toBe(true);
  });
});

describe('a service with faults that stay', () => {
  const cases: readonly (readonly [string, (response: ServerResponse) => void, RegExp])[] = [
    ['503', status(503, xml('SlowDown', 'reduce your rate')), /503 \(SlowDown: reduce your rate\)/],
    ['silence', () => {}, /could not be reached for PUT: nothing moved for too long/],
    ['cut connections', (response) => void response.destroy(), /could not be reached for PUT/],
    [
      'an answer full of control characters',
      status(400, xml('A\u001B[2J', 'b\nc')),
      /\(A\?\[2J: b c\)/,
    ],
    ['an endless answer', endless, /answered PUT .* with 400/],
  ];
  it.each(cases)('is told after %s, and nothing of the object stays', async (name, how, words) => {
    const before = await world.names();
    fail('PUT', Number.POSITIVE_INFINITY, how);
    const objects = name === 'silence' ? impatient() : world.objects();
    await expect(put(randomBytes(100_000), objects)).rejects.toThrow(words);
    expect([await world.names(), await world.drafts()]).toEqual([before, []]);
  });

  function endless(response: ServerResponse): void {
    response.writeHead(400);
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  }

  it('says which setting to look at, and never the secret', async () => {
    const secretKey = new Secret('not-the-secret-of-this-server');
    const wrong = await put(Buffer.of(1), world.objects({ secretKey })).catch(String);
    expect(wrong).toMatch(/403 \(SignatureDoesNotMatch: .*ARTIFACT_S3_SECRET_KEY/);
    expect(wrong).not.toContain(secretKey.reveal());
    const unknown = await put(Buffer.of(1), world.objects({ keyId: 'NOBODY' })).catch(String);
    expect(unknown).toMatch(/InvalidAccessKeyId.*ARTIFACT_S3_KEY_ID/);
    const nowhere = await put(Buffer.of(1), world.objects({ bucket: 'not-made' })).catch(String);
    expect(nowhere).toMatch(/NoSuchBucket.*make the bucket, or set ARTIFACT_S3_BUCKET/);
    fail('PUT', 1, status(400, xml('AuthorizationHeaderMalformed')));
    const region = await put(Buffer.of(1)).catch(String);
    expect(region).toContain('set ARTIFACT_S3_REGION');
  });

  it('that stops in the middle of a download is not taken for its end', async () => {
    const ref = await put(randomBytes(1_000_000));
    for (const how of ['destroy', 'stop'] as const) {
      fail('GET', 1, (response) => {
        response.writeHead(200, { 'content-length': '1000000' });
        response.write(randomBytes(1000), () => {
          if (how === 'destroy') response.destroy();
        });
      });
      const blob = await impatient().open(ref);
      await expect(buffer(blob.chunks)).rejects.toThrow();
      await blob.close();
    }
  });

  it.each([
    ['no list', 'hello'],
    ['half a list', '<IsTruncated>false</IsTruncated><Contents><Key>a'],
    [
      'the same page for ever',
      '<IsTruncated>true</IsTruncated><Contents><Key>a</Key><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>',
    ],
  ])('that sends %s ends the sweep with a fault', async (_name, body) => {
    fail('GET', Number.POSITIVE_INFINITY, status(200, body));
    const all = async (): Promise<void> => {
      for await (const _refs of world.objects().writtenBefore(new Date())) void 0;
    };
    await expect(all()).rejects.toThrow(/list/);
  });

  it('that does not say how large an object is, or sends all for a part, is refused', async () => {
    const ref = await put(Buffer.from('abc'));
    const answer = (headers: Record<string, string>) =>
      fail('GET', Number.POSITIVE_INFINITY, (response) => {
        response.writeHead(200, headers).end('abc');
      });
    answer({ 'transfer-encoding': 'chunked' });
    await expect(world.objects().open(ref)).rejects.toThrow('how large');
    answer({ 'content-length': '3' });
    const part = world.objects().open(ref, { first: 1, last: 1 });
    await expect(part).rejects.toThrow('more than the part');
  });
});

import { inferencePaths, oneModelPath } from '@cynodeai/contracts/worker-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passingHeaders } from './headers.ts';
import { InFlight } from './in-flight.ts';
import { allowedTarget } from './target.ts';

describe('a request target', () => {
  it('passes only when its path is one of the list, byte for byte (REQ-SANDBX-0107)', () => {
    const part = fc.constantFrom('/', 'api', 'v1', 'tags', 'chat', '.', '..', '%2f', 'A', '#', ' ');
    const target = fc.oneof(
      fc.array(part).map((parts) => parts.join('')),
      fc.constantFrom(...inferencePaths).chain((path) => fc.string().map((tail) => path + tail)),
    );
    fc.assert(
      fc.property(target, (text) => {
        const [path = ''] = text.split('?');
        const open = inferencePaths.has(path) || oneModelPath.test(path);
        expect(allowedTarget(text)?.path).toBe(open ? text : undefined);
      }),
    );
  });

  it.each([
    ['/v1/models/qwen3:8b', 'qwen3:8b'],
    ['/v1/models/a.b-c_d:latest?x=1', 'a.b-c_d:latest'],
    ['/v1/models', undefined],
  ])('%s names in its path: %s', (text, model) => {
    expect(allowedTarget(text)).toMatchObject({ path: text, works: false, namesModel: false });
    expect(allowedTarget(text)?.model).toBe(model);
  });

  it.each([
    '/v1/models/',
    '/v1/models/a/b',
    '/v1/models/..',
    '/v1/models/%2e%2e',
    '/v1/models/a%2fb',
  ])('%s does not pass', (text) => expect(allowedTarget(text)).toBeUndefined());

  it.each([
    ['/api/chat', true],
    ['/v1/embeddings?x', true],
    ['/api/tags', false],
    ['/', false],
  ])('%s makes a model work: %s', (text, works) => {
    expect(allowedTarget(text)?.works).toBe(works);
  });
});

describe('headers', () => {
  it('pass unless they are credentials, of one connection, or named as such', () => {
    const passing = passingHeaders({
      accept: 'a',
      authorization: 'x',
      cookie: 'x',
      'set-cookie': ['x', 'y'],
      'proxy-anything': 'x',
      'transfer-encoding': 'chunked',
      'content-length': '3',
      connection: 'close, X-Named ,',
      'x-named': 'x',
      'x-many': 'b',
      absent: undefined,
    });
    expect(passing).toStrictEqual(['accept', 'a', 'x-many', 'b']);
    const many: Record<string, string[]> = { link: ['1', '2'] };
    expect(passingHeaders(many)).toStrictEqual(['link', '1', 'link', '2']);
  });
});

describe('places', () => {
  it('are never given twice and never lost, whoever comes, leaves or gives up', async () => {
    const step = fc.constantFrom('enter', 'leave', 'giveUp');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step), async (limit, steps) => {
        const places = new InFlight(limit, 60_000);
        const waits: { readonly giveUp: () => void }[] = [];
        let inside = 0;
        for (const name of steps) {
          if (name === 'enter') {
            if (places.tryEnter()) {
              inside += 1;
            } else {
              const wait = places.wait();
              waits.push(wait);
              void wait.admitted.then((admitted) => (inside += admitted ? 1 : 0));
            }
          } else if (name === 'giveUp') {
            waits.shift()?.giveUp();
          } else if (inside > 0) {
            inside -= 1;
            places.leave();
          }
          await Promise.resolve();
          await Promise.resolve();
          expect(inside).toBeLessThanOrEqual(limit);
        }
        for (const wait of waits) wait.giveUp();
        await Promise.resolve();
        for (; inside > 0; inside -= 1) places.leave();
        for (let i = 0; i < limit; i += 1) expect(places.tryEnter()).toBe(true);
        expect(places.tryEnter()).toBe(false);
      }),
    );
  });

  it('are waited for by a bounded number and a bounded time', async () => {
    const places = new InFlight(1, 20);
    places.tryEnter();
    const waits = Array.from({ length: 65 }, () => places.wait());
    const outcomes = await Promise.all(waits.map((wait) => wait.admitted));
    expect(outcomes).not.toContain(true);
    expect(new InFlight(undefined, 20).tryEnter()).toBe(true);
  });
});

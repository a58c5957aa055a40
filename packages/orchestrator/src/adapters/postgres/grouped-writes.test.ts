import { describe, expect, it } from 'vitest';
import { GroupedWrites } from './grouped-writes.ts';

/** Writes that end when the test lets them. */
function world(refuses: (items: readonly number[]) => boolean = () => false, most = 100) {
  const writes: { readonly items: readonly number[]; readonly end: () => void }[] = [];
  const grouped = new GroupedWrites<number>((items) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const end = (): void => (refuses(items) ? reject(new Error(`no ${items.join()}`)) : resolve());
    writes.push({ items, end });
    return promise;
  }, most);
  const settled = (items: readonly number[]) =>
    Promise.allSettled(items.map((item) => grouped.write(item)));
  const endAll = async (): Promise<void> => {
    for (let at = 0; at < writes.length; at += 1) {
      writes[at]?.end();
      await new Promise(setImmediate);
    }
  };
  return { grouped, writes, settled, endAll };
}

const itemsOf = (writes: readonly { readonly items: readonly number[] }[]) =>
  writes.map(({ items }) => items);

describe('writes in groups', () => {
  it('writes the first at once and what comes meanwhile together', async () => {
    const { writes, settled, endAll } = world();
    const all = settled([1, 2, 3, 4]);
    expect(itemsOf(writes)).toEqual([[1]]);
    await endAll();
    expect(itemsOf(writes)).toEqual([[1], [2, 3, 4]]);
    expect((await all).every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('resolves none before its write has ended', async () => {
    const { grouped, writes } = world();
    const done: number[] = [];
    const all = [1, 2, 3].map((item) => grouped.write(item).then(() => done.push(item)));
    writes[0]?.end();
    await Promise.all(all.slice(0, 1));
    expect(done).toEqual([1]);
    writes[1]?.end();
    await Promise.all(all);
    expect(done).toEqual([1, 2, 3]);
  });

  it('tries each alone where several are refused, and tells only the culprit', async () => {
    const { writes, settled, endAll } = world((items) => items.includes(3));
    const all = settled([1, 2, 3, 4]);
    await endAll();
    expect(itemsOf(writes)).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
    expect((await all).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });

  it('takes no more than its most at once, and goes on after a refusal', async () => {
    const { grouped, writes, settled, endAll } = world((items) => items.includes(1), 2);
    const all = settled([1, 2, 3, 4]);
    await endAll();
    expect(itemsOf(writes)).toEqual([[1], [2, 3], [4]]);
    expect((await all).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    const later = grouped.write(5);
    await endAll();
    writes.at(-1)?.end();
    await later;
  });
});

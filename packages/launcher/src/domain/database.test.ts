import { describe, expect, it } from 'vitest';
import { isDatabaseUrl, shownDatabase, versionFault } from './database.ts';

const secret = 'canary-8d2f';

describe('the address of a database', () => {
  it.each([
    [`postgresql://ada:${secret}@db.example:5433/tasks`, 'ada@db.example:5433/tasks'],
    [`postgres://ada:${secret}@db.example/tasks?sslmode=require`, 'ada@db.example/tasks'],
    [`postgres://ada@db.example/tasks?password=${secret}`, 'ada@db.example/tasks'],
    [`postgres://ada:${secret}@/tasks?host=/run/pg`, 'ada@/run/pg/tasks'],
    [`postgres://ada:${secret}@[::1]:5432/tasks`, 'ada@[::1]:5432/tasks'],
    [`postgres://ada:${secret}%40@db/tasks`, 'ada@db/tasks'],
    [`postgres://db/tasks#${secret}`, 'db/tasks'],
    [secret, 'an address that cannot be read'],
  ])('is shown without what is secret: %s', (url, shown) => {
    expect(shownDatabase(url)).toBe(shown);
    expect(shown).not.toContain(secret);
  });

  it('is one of PostgreSQL', () => {
    const good = ['postgres://h/d', 'postgresql://h/d', 'postgres://u:p@/d?host=/run'];
    const bad = ['', 'h', 'mysql://h/d', 'http://h', 'host=h dbname=d', '/run/pg', 'postgres'];
    expect(good.filter((url) => !isDatabaseUrl(url))).toEqual([]);
    expect(bad.filter((url) => isDatabaseUrl(url))).toEqual([]);
  });
});

describe('the version of a database', () => {
  it.each([90_624, 120_000, 150_999])('%i is too old', (version) => {
    expect(versionFault(version)).toBe(
      `it is PostgreSQL ${Math.floor(version / 10_000)}; 16 or newer is needed`,
    );
  });

  it.each([160_000, 160_004, 170_000, 990_000])('%i will do', (version) => {
    expect(versionFault(version)).toBeUndefined();
  });

  it('is demanded', () => {
    expect(versionFault(Number.NaN)).toContain('16 or newer');
  });
});

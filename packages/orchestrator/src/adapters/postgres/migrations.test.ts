import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledMigrations, parseMigration, readMigrations } from './migrations.ts';

const header = '-- breaking: false\n-- transaction: true\n';

describe('a migration file', () => {
  it('is known by its version, name and checksum', () => {
    const migration = parseMigration('0007_more_things.sql', `${header}SELECT 1;`);
    expect(migration).toMatchObject({
      version: '0007',
      name: 'more_things',
      breaking: false,
      transactional: true,
    });
    expect(migration.statements).toEqual([`${header}SELECT 1;`]);
    expect(migration.checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(parseMigration('0007_more_things.sql', `${header}SELECT 2;`).checksum).not.toBe(
      migration.checksum,
    );
  });

  it('names the checksum it was applied under before a comment of it changed', () => {
    const before = parseMigration('0001_x.sql', `${header}SELECT 1;`);
    const after = parseMigration(
      '0001_x.sql',
      `${header}-- formerly: ${before.checksum}\n-- Other words.\nSELECT 1;`,
    );
    expect(before.formerly).toBeUndefined();
    expect(after.formerly).toBe(before.checksum);
    expect(after.checksum).not.toBe(before.checksum);
  });

  it('is cut into statements when it runs without a transaction', () => {
    const sql = '-- breaking: true\n-- transaction: false\nDROP 1;\n-- statement\nCREATE 2;\n';
    const migration = parseMigration('0001_x.sql', sql);
    expect(migration.breaking).toBe(true);
    expect(migration.transactional).toBe(false);
    expect(migration.statements.map((text) => text.trim().split('\n').at(-1))).toEqual([
      'DROP 1;',
      'CREATE 2;',
    ]);
  });

  it.each([
    ['1_short.sql', header],
    ['0001-dash.sql', header],
    ['0001_Upper.sql', header],
    ['0001_x.sql', '-- breaking: false\n'],
    ['0001_x.sql', '-- transaction: true\n'],
    ['0001_x.sql', '-- breaking: maybe\n-- transaction: true\n'],
  ])('is refused as %s with the header %j', (file, sql) => {
    expect(() => parseMigration(file, sql)).toThrow(
      expect.objectContaining({ code: 'migration_invalid' }),
    );
  });
});

describe('a folder of migrations', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cy-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read in order, other files left out', async () => {
    await writeFile(join(folder, '0002_b.sql'), header);
    await writeFile(join(folder, '0001_a.sql'), header);
    await writeFile(join(folder, 'README.md'), '');
    expect((await readMigrations(folder)).map((one) => one.version)).toEqual(['0001', '0002']);
  });

  it('is refused with two files of one version', async () => {
    await writeFile(join(folder, '0001_b.sql'), header);
    await writeFile(join(folder, '0001_a.sql'), header);
    await expect(readMigrations(folder)).rejects.toMatchObject({ code: 'migration_invalid' });
  });

  it('is refused when it is empty or absent', async () => {
    await expect(readMigrations(folder)).rejects.toMatchObject({ code: 'migrations_missing' });
    await expect(readMigrations(join(folder, 'none'))).rejects.toMatchObject({
      code: 'migrations_missing',
    });
  });

  it('is part of the package, and none of it is breaking yet', async () => {
    const migrations = await readMigrations(bundledMigrations);
    expect(migrations.length).toBeGreaterThan(0);
    expect(migrations.filter((one) => one.breaking)).toEqual([]);
  });
});

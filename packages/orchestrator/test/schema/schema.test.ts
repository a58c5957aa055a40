import { type TestDatabase, createTestDatabase } from '@cynodeai/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namingTables } from '../../src/adapters/postgres/artifacts/blob-index.ts';
import { auditTables } from './expected/audit.ts';
import { identityTables } from './expected/identity.ts';
import { nodeTables } from './expected/nodes.ts';
import { type ExpectedTable, columnsOf } from './expected/notation.ts';
import { workTables } from './expected/work.ts';
import { type LiveTable, readLiveSchema } from './live-schema.ts';

const expected = { ...identityTables, ...workTables, ...nodeTables, ...auditTables };

let database: TestDatabase;
let live: Map<string, LiveTable>;

beforeAll(async () => {
  database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  live = await readLiveSchema(client);
  await client.end();
});

afterAll(() => database.close());

function liveTable(name: string): LiveTable {
  const table = live.get(name);
  if (table === undefined) throw new Error(`the table ${name} does not exist`);
  return table;
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name.localeCompare(b.name);

/** Keys and indexes a table has by its listing, with one per reference that none of them leads. */
function expectedIndexes(table: ExpectedTable): string[] {
  const listed = [...table.keys.map((key) => `unique ${key}`), ...(table.indexes ?? [])];
  const leads = (column: string): boolean =>
    listed.some((index) => {
      const columns = index.replace(/^unique (?:nnd )?/, '');
      return !index.includes(' where ') && columns.split(', ')[0] === column;
    });
  const implied = (table.references ?? [])
    .map((reference) => reference.split(' -> ')[0] ?? '')
    .filter((column) => !leads(column));
  return [...new Set([...listed, ...implied])].toSorted();
}

/** Values of each `column IN (…)` check, and how many other checks there are. */
function readChecks(table: LiveTable): { values: Record<string, string[]>; others: number } {
  const values: Record<string, string[]> = {};
  let others = 0;
  for (const definition of Object.values(table.checks)) {
    const column = /^CHECK \(\((\w+) = ANY \(ARRAY\[[^()]*\]\)\)\)$/.exec(definition)?.[1];
    if (column === undefined) others += 1;
    else values[column] = [...definition.matchAll(/'([^']+)'/g)].map(([, text]) => text ?? '');
  }
  return { values, others };
}

it('has the expected tables and no others (REQ-SCHEMA-0100)', () => {
  expect([...live.keys()].toSorted()).toEqual(Object.keys(expected).toSorted());
});

it('has no table that names stored content without being asked before it is removed', () => {
  const store = ['blobs', 'blob_claims'];
  const columnsOfNaming = [...live].flatMap(([table, { columns }]) =>
    columns
      .filter(({ name }) => name.includes('storage_ref') && !store.includes(table))
      .map(({ name }) => `${table}.${name}`),
  );
  const asked = Object.keys(namingTables).map((table) => `${table}.storage_ref`);
  expect(columnsOfNaming.toSorted()).toEqual(asked.toSorted());
});

describe.each(Object.entries(expected))('table %s', (name, table) => {
  it('has the expected columns, with types, nullability and defaults', () => {
    expect(liveTable(name).columns.toSorted(byName)).toEqual(columnsOf(table).toSorted(byName));
  });

  it('has the expected primary key, unique keys and indexes, and one per reference', () => {
    expect(liveTable(name).primaryKey).toBe(table.keys[0]);
    expect(liveTable(name).indexes.toSorted()).toEqual(expectedIndexes(table));
  });

  it('has the expected references with their delete actions', () => {
    expect(liveTable(name).references.toSorted()).toEqual((table.references ?? []).toSorted());
  });

  it('has the expected value lists and as many further checks', () => {
    const { values, others } = readChecks(liveTable(name));
    const lists = Object.entries(table.values ?? {}).map(([column, text]) => {
      return [column, text.trim().split(/\s+/)];
    });
    expect(values).toEqual(Object.fromEntries(lists));
    expect(others).toBe(table.rules ?? 0);
  });
});

it('names every check after its table', () => {
  for (const [name, table] of live) {
    for (const check of Object.keys(table.checks)) {
      expect(check).toMatch(new RegExp(`^${name}_[a-z_]+_check$`));
    }
  }
});

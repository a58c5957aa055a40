import type { Client } from 'pg';
import type { Column } from './expected/notation.ts';

/** A table as the server has it, in the notation of the expectations. */
export interface LiveTable {
  readonly columns: readonly Column[];
  /** Every index: `[unique ][nnd ]columns[ where predicate]`, keys included. */
  readonly indexes: readonly string[];
  readonly primaryKey: string | undefined;
  readonly references: readonly string[];
  /** Definition of every CHECK, by constraint name. */
  readonly checks: Readonly<Record<string, string>>;
}

interface Row {
  readonly table: string;
}

async function rowsByTable<R extends Row>(client: Client, sql: string): Promise<Map<string, R[]>> {
  const { rows } = await client.query<R>(sql);
  return Map.groupBy(rows, (row) => row.table);
}

const ours = `c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`;

const columnsSql = `SELECT c.relname AS table, a.attname AS name,
    format_type(a.atttypid, a.atttypmod)
      || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END
      || CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || l.collname ELSE '' END AS type,
    NOT a.attnotnull AS nullable, pg_get_expr(d.adbin, d.adrelid) AS fallback
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE ${ours}`;

const indexesSql = `SELECT c.relname AS table, i.indisprimary AS primary, i.indisunique AS unique,
    i.indnullsnotdistinct AS nnd, i.indisvalid AS valid, pg_get_expr(i.indpred, i.indrelid) AS predicate,
    ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k) AS parts
  FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid WHERE ${ours}`;

const constraintsSql = `SELECT c.relname AS table, k.conname AS name, k.contype AS kind,
    k.convalidated AS validated, k.confdeltype AS on_delete, f.relname AS target,
    pg_get_constraintdef(k.oid) AS definition,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) n JOIN pg_attribute a
      ON a.attrelid = c.oid AND a.attnum = n) AS columns
  FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid LEFT JOIN pg_class f ON f.oid = k.confrelid
  WHERE ${ours} AND k.contype IN ('c', 'f')`;

interface IndexRow extends Row {
  readonly primary: boolean;
  readonly unique: boolean;
  readonly nnd: boolean;
  readonly valid: boolean;
  readonly predicate: string | null;
  readonly parts: readonly string[];
}

interface ConstraintRow extends Row {
  readonly name: string;
  readonly kind: 'c' | 'f';
  readonly validated: boolean;
  readonly on_delete: string;
  readonly target: string | null;
  readonly definition: string;
  readonly columns: readonly string[];
}

/** Drops casts and the outermost brackets, which the server adds to what was written. */
function plain(expression: string): string {
  const text = expression.replaceAll(/::(?:text|jsonb)/g, '').replaceAll('~~', 'LIKE');
  return text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1) : text;
}

function indexText(index: IndexRow): string {
  const parts = index.parts.map((part) => part.replaceAll('::text', '')).join(', ');
  const where = index.predicate === null ? '' : ` where ${plain(index.predicate)}`;
  const invalid = index.valid ? '' : 'invalid ';
  return `${invalid}${index.unique ? 'unique ' : ''}${index.nnd ? 'nnd ' : ''}${parts}${where}`;
}

function defaultText(fallback: string | null): string | null {
  return fallback?.replace(/^'(.*)'::\w+$/, '$1') ?? null;
}

const deleteActions: Readonly<Record<string, string>> = { r: '', c: ' C', n: ' N' };

/** Reads every table of the schema from the server's catalogue. */
export async function readLiveSchema(client: Client): Promise<Map<string, LiveTable>> {
  const columns = await rowsByTable<Row & Column>(client, columnsSql);
  const indexes = await rowsByTable<IndexRow>(client, indexesSql);
  const constraints = await rowsByTable<ConstraintRow>(client, constraintsSql);
  return new Map(
    [...columns].map(([table, rows]) => {
      const own = indexes.get(table) ?? [];
      const bound = constraints.get(table) ?? [];
      const live: LiveTable = {
        columns: rows.map(({ name, type, nullable, fallback }) => {
          return { name, type, nullable, fallback: defaultText(fallback) };
        }),
        indexes: own.map(indexText),
        primaryKey: own.find((index) => index.primary)?.parts.join(', '),
        references: bound
          .filter((one) => one.kind === 'f')
          .map((one) => {
            const action = deleteActions[one.on_delete] ?? ` ${one.on_delete}`;
            return `${one.columns.join(', ')} -> ${one.target ?? ''}${action}`;
          }),
        checks: Object.fromEntries(
          bound.filter((one) => one.kind === 'c').map((one) => [one.name, one.definition]),
        ),
      };
      return [table, live];
    }),
  );
}

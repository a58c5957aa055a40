/**
 * A table in short:
 * - `columns`: `name[:type][?][=default]`. `*_at` is a time and `*_id` a uuid without saying so,
 *   anything else is text; `?` = null allowed. `id`, `created_at`, `updated_at`, `changed_at` bring
 *   their defaults.
 * - `keys`: the primary key first, then the UNIQUE ones; `nnd` = NULLS NOT DISTINCT.
 * - `references`: `column -> table`, C = CASCADE, N = SET NULL, otherwise RESTRICT.
 * - `values`: the values a text column may have. `rules`: how many further CHECKs there are.
 * - `indexes`: those that are listed; every reference leads an index without being listed.
 */
export interface ExpectedTable {
  readonly columns: string;
  readonly keys: readonly string[];
  readonly references?: readonly string[];
  readonly values?: Readonly<Record<string, string>>;
  readonly rules?: number;
  readonly indexes?: readonly string[];
}

export type ExpectedTables = Readonly<Record<string, ExpectedTable>>;

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly fallback: string | null;
}

const types: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int: 'integer',
  identity: 'bigint identity',
  C: 'text collate C',
  instants: 'timestamp(3) with time zone[]',
};

const defaults: Readonly<Record<string, string>> = {
  id: 'gen_random_uuid()',
  created_at: 'now()',
  updated_at: 'now()',
  changed_at: 'now()',
};

function impliedType(name: string): string {
  if (name === 'id' || name.endsWith('_id')) return 'uuid';
  return name.endsWith('_at') ? 'timestamp(3) with time zone' : 'text';
}

/** The columns of a table's `columns` text. */
export function columnsOf(table: ExpectedTable): Column[] {
  return table.columns
    .trim()
    .split(/\s+/)
    .map((token) => {
      const { name, type, nullable, fallback } =
        /^(?<name>\w+)(?::(?<type>\w+))?(?<nullable>\?)?(?:=(?<fallback>.+))?$/.exec(token)
          ?.groups ?? {};
      if (name === undefined) throw new Error(`not a column: ${token}`);
      return {
        name,
        type: type === undefined ? impliedType(name) : (types[type] ?? type),
        nullable: nullable !== undefined,
        fallback: fallback ?? defaults[name] ?? null,
      };
    });
}

export const agentTypes = 'project_manager project_analyst sandbox orchestrator';

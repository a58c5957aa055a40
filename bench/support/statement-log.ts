/** A statement of the server's log with its values put in, and the connection it came over. */
export interface LoggedStatement {
  readonly pid: number;
  readonly sql: string;
}

/** What the server has to write so that `readStatements` can read it. */
export const statementLogSettings = {
  log_line_prefix: '%p ',
  log_statement: 'all',
  log_min_duration_statement: '-1',
} as const;

/** Values of `Parameters: $1 = 'x', $2 = NULL` as literals. */
function literals(detail: string): Map<string, string> {
  const found = detail.matchAll(/\$(\d+) = (NULL|'(?:[^']|'')*')/g);
  return new Map([...found].map(([, place = '', literal = '']) => [place, literal]));
}

const pattern = /^(\d+) (LOG|DETAIL|ERROR|STATEMENT|HINT|CONTEXT|WARNING|FATAL): +(.*)$/s;

/** Reads the statements of a log in order. Continued lines begin with a tab. */
export function readStatements(log: string): LoggedStatement[] {
  const entries = log.replaceAll('\n\t', '\u0001').split('\n');
  const statements: LoggedStatement[] = [];
  for (const entry of entries) {
    const [, pid = '', kind = '', rest = ''] = pattern.exec(entry) ?? [];
    const text = rest.replaceAll('\u0001', '\n');
    if (kind === 'LOG') {
      const sql = /^(?:statement|execute [^:]*): (.*)$/s.exec(text)?.[1];
      if (sql !== undefined) statements.push({ pid: Number(pid), sql });
    } else if (kind === 'DETAIL' && /^parameters: /i.test(text)) {
      const last = statements.findLastIndex((one) => one.pid === Number(pid));
      const before = statements[last];
      if (before === undefined) continue;
      const values = literals(text);
      const sql = before.sql.replaceAll(
        /\$(\d+)/g,
        (whole, place: string) => values.get(place) ?? whole,
      );
      statements[last] = { ...before, sql };
    }
  }
  return statements;
}

/** Statements in the groups in which they were sent: a transaction, or one statement alone. */
export function transactionsOf(statements: readonly LoggedStatement[]): string[][] {
  const open = new Map<number, string[]>();
  const done: string[][] = [];
  for (const { pid, sql } of statements) {
    const current = open.get(pid);
    if (/^(?:begin|start transaction)\b/i.test(sql)) {
      const group = [sql];
      open.set(pid, group);
      done.push(group);
    } else if (current === undefined) {
      done.push([sql]);
    } else {
      current.push(sql);
      if (/^(?:commit|rollback)\b/i.test(sql)) open.delete(pid);
    }
  }
  return done;
}

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * A pgbench script of what the product sent for one task: the groups that mention something of it, with every id
 * that was new for this task, and its name, replaced by one that is new for every run of the script.
 * @param before statements of an earlier task: an id that is in both is no id of the task.
 */
export function pgbenchScript(
  before: readonly LoggedStatement[],
  statements: readonly LoggedStatement[],
  taskName: string,
): string {
  const known = new Set(before.flatMap(({ sql }) => sql.match(uuidPattern) ?? []));
  const ids = [...new Set(statements.flatMap(({ sql }) => sql.match(uuidPattern) ?? []))].filter(
    (id) => !known.has(id),
  );
  const groups = transactionsOf(statements).filter((group) =>
    group.some((sql) => ids.some((id) => sql.includes(id))),
  );
  const settings = ids.flatMap((_id, i) => [
    `\\set a${i} random(10000000, 99999999)`,
    `\\set b${i} random(100000000000, 999999999999)`,
  ]);
  const body = groups.flat().map((sql) => {
    const text = ids.reduce(
      (all, id, i) => all.replaceAll(id, `:a${i}-1111-7111-8111-:b${i}`),
      sql.replaceAll(taskName, 'bench-:a0-:b0'),
    );
    return `${text.trim().replace(/;$/, '').replaceAll(/\n\s*/g, ' ')};`;
  });
  return `${[...settings, ...body].join('\n')}\n`;
}

import { describe, expect, it } from 'vitest';
import { pgbenchScript, readStatements, transactionsOf } from './statement-log.ts';

const id = (n: number): string => `0000000${n}-0000-7000-8000-00000000000${n}`;

describe('statements of a server log', () => {
  it('have their values in place, also over several lines and with quotes', () => {
    const log = [
      '7 LOG:  execute <unnamed>: insert into t',
      '\tvalues ($1, $2, $10)',
      "7 DETAIL:  Parameters: $1 = 'it''s', $2 = NULL, $10 = 'ten'",
      '8 LOG:  checkpoint starting',
      '8 LOG:  statement: COMMIT',
    ].join('\n');
    expect(readStatements(log)).toEqual([
      { pid: 7, sql: "insert into t\nvalues ('it''s', NULL, 'ten')" },
      { pid: 8, sql: 'COMMIT' },
    ]);
  });

  it('belong to the transaction of their connection', () => {
    const of = (pid: number, sql: string) => ({ pid, sql });
    expect(
      transactionsOf([of(1, 'begin'), of(2, 'select 2'), of(1, 'select 1'), of(1, 'commit')]),
    ).toEqual([['begin', 'select 1', 'commit'], ['select 2']]);
  });

  it('become a script with fresh ids for what was new, and nothing of other work', () => {
    const of = (sql: string) => ({ pid: 1, sql });
    const script = pgbenchScript(
      [of(`insert '${id(1)}' owner '${id(9)}'`)],
      [of(`insert '${id(2)}' owner '${id(9)}' name 'n2'`), of('select other')],
      'n2',
    );
    expect(script).toContain(
      `insert ':a0-1111-7111-8111-:b0' owner '${id(9)}' name 'bench-:a0-:b0';`,
    );
    expect(script).not.toContain('other');
  });
});

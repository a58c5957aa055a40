import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SealedDatabase, log } from './support/sealed-database.ts';

let stored: SealedDatabase;
beforeAll(async () => {
  stored = await SealedDatabase.start();
});
beforeEach(() => stored.empty());
afterAll(() => stored[Symbol.asyncDispose]());

const table = sql.table(log);

describe('the chain over audit logs', () => {
  it('covers every chained log, and goes on where it ended', async () => {
    await stored.add(2500);
    await sql`insert into system_settings_audit_log (key, changed_by) values ('k', 'system')`.execute(
      stored.db,
    );
    await sql`
      insert into access_control_audit_log (action, resource_type, resource, decision)
      values ('api.call', 'node', 'n', 'deny')`.execute(stored.db);
    await stored.seal();
    expect(await stored.check()).toMatchObject({ fault: undefined, rows: 2502, seals: 5 });
    await stored.seal();
    await stored.add(1);
    await stored.seal();
    expect(await stored.check()).toMatchObject({ fault: undefined, rows: 2503, seals: 6 });
  });

  it('seals no row behind one that is open, until the open one is given up', async () => {
    await stored.add(1);
    await sql`insert into ${table} (tool_name, decision, status) values ('x', 'allow', 'error')`.execute(
      stored.db,
    );
    await stored.add(1);
    await stored.seal();
    expect((await stored.check()).rows).toBe(1);
    await sql`update ${table} set created_at = now() - interval '6 min' where completed_at is null`.execute(
      stored.db,
    );
    await stored.seal();
    expect(await stored.check()).toMatchObject({ fault: undefined, rows: 3 });
  });

  it('seals nothing that a writer with a lower number may still commit', async () => {
    const slow = new Client({ connectionString: stored.url });
    await slow.connect();
    try {
      await slow.query('BEGIN');
      await slow.query(
        `INSERT INTO ${log} (tool_name, decision, status, completed_at) VALUES ('slow', 'allow', 'success', now())`,
      );
      await stored.add(5);
      await stored.seal();
      expect((await stored.check()).rows).toBe(0);
      await slow.query('COMMIT');
      await stored.seal();
      expect(await stored.check()).toMatchObject({ fault: undefined, rows: 6, seals: 1 });
    } finally {
      await slow.end();
    }
  });

  it('leaves out numbers whose transaction was given up', async () => {
    await stored.add(1);
    await stored.db
      .transaction()
      .execute(async (trx) => {
        await stored.add(3, trx);
        throw new Error('given up');
      })
      .catch(() => {});
    await stored.add(1);
    await stored.seal();
    expect(await stored.check()).toMatchObject({ fault: undefined, rows: 2 });
  });

  it('holds while many write at once, some slowly, some in vain, and sealers are killed', async () => {
    const writers = Array.from({ length: 6 }, async (_, who) => {
      for (let turn = 0; turn < 25; turn += 1) {
        await stored.db
          .transaction()
          .execute(async (trx) => {
            await stored.add(1 + (turn % 3), trx);
            if (turn % 5 === who % 5) await sql`select pg_sleep(0.02)`.execute(trx);
            await stored.add(1, trx);
            if (turn % 7 === 3) throw new Error('in vain');
          })
          .catch(() => {});
      }
    });
    const done = new AbortController();
    const written = Promise.all(writers).finally(() => done.abort());
    const sealers = Array.from({ length: 3 }, async () => {
      while (!done.signal.aborted) await stored.seal().catch(() => {});
    });
    // Whoever seals at a moment dies in the middle of its transaction.
    const killer = (async () => {
      while (!done.signal.aborted) {
        await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and query like '%insert into audit_seals%' and pid <> pg_backend_pid()`.execute(
          stored.db,
        );
      }
    })();
    await Promise.all([written, killer, ...sealers]);
    await stored.seal();
    expect(await stored.check()).toMatchObject({ fault: undefined, rows: await stored.count() });
  });
});

describe('tampering with the database', () => {
  beforeEach(async () => {
    await stored.add(20);
    await stored.seal();
    await stored.add(20);
    await stored.seal();
  });

  it.each([
    ['changes a row', `update ${log} set decision = 'deny' where seq = 7`, 7],
    ['empties a column', `update ${log} set task_id = null where seq = 7`, 7],
    ['removes a row', `delete from ${log} where seq = 7`, 7],
    [
      'puts a row in',
      `insert into ${log} (seq, tool_name, decision, status) overriding system value values (-3, 'x', 'allow', 'success')`,
      -3,
    ],
    [
      'removes the newest rows with their seal',
      `delete from ${log} where seq > 20; delete from audit_seals where from_seq > 20`,
      21,
    ],
    [
      'removes the oldest rows with their seal',
      `delete from ${log} where seq <= 20; delete from audit_seals where from_seq = 1`,
      undefined,
    ],
    ['removes everything', `delete from ${log}; delete from audit_seals`, 1],
    [
      'says that rows were removed on purpose',
      `delete from ${log} where seq <= 20;
       update audit_seals set row_hashes = null, removed_at = now(), removal_key_id = key_id, removal_signature = signature
        where from_seq = 1`,
      undefined,
    ],
    [
      'exchanges two rows',
      `update ${log} set tool_name = 'a' where seq = 3;
       update ${log} set tool_name = 'b' where seq = 4`,
      3,
    ],
  ])('is found when somebody %s', async (_, statements, seq) => {
    expect(await stored.check()).toMatchObject({ fault: undefined, rows: 40, seals: 2 });
    for (const statement of statements.split(';')) await sql.raw(statement).execute(stored.db);
    expect((await stored.check()).fault).toMatchObject({
      table: log,
      ...(seq !== undefined && { seq }),
    });
  });

  it.each([
    ['of the first range', 20, 60],
    ['of the first two ranges', 40, 60],
    ['of every range', 60, 60],
    ['of the first range, as if on purpose,', 20, 20],
  ])(
    'is found when rows %s are gone that are younger than what was asked for',
    async (_, upTo, marked) => {
      const since = new Date(Date.now() - 3_600_000);
      await stored.add(20);
      await stored.seal();
      expect(await stored.check(since)).toMatchObject({ fault: undefined, skipped: 0, rows: 60 });
      await sql`delete from ${table} where seq <= ${upTo}`.execute(stored.db);
      if (marked === upTo) {
        await sql`
          update audit_seals set row_hashes = null, removed_at = now(), removal_key_id = key_id, removal_signature = signature
           where to_seq <= ${upTo}`.execute(stored.db);
      }
      expect((await stored.check(since)).fault).toMatchObject({ table: log });
    },
  );

  it('ends the sealing where the end of a chain is gone', async () => {
    await sql`delete from audit_seals where from_seq > 20`.execute(stored.db);
    await expect(stored.seal()).rejects.toThrow(
      /was sealed up to row 40, .* until HEADS is removed/,
    );
    const { rows } = await sql`select 1 from audit_seals where from_seq > 20`.execute(stored.db);
    expect(rows).toHaveLength(0);
  });
});

describe('removal of old rows', () => {
  const days = 91;

  it('takes whole ranges, signs for them, and leaves a chain that is right', async () => {
    await stored.add(1500);
    await stored.seal();
    await stored.seal(days);
    expect(await stored.count()).toBe(0);
    await stored.add(3);
    await stored.seal();
    expect(await stored.check()).toMatchObject({ fault: undefined, removed: 2, rows: 3, seals: 3 });
  });

  it('keeps a range with one row that is not old, and one that was tampered with', async () => {
    await stored.add(10);
    await stored.seal();
    await sql`update ${table} set tool_name = 'x' where seq = 2`.execute(stored.db);
    await expect(stored.seal(days)).rejects.toThrow('rows 1 to 10 of');
    expect((await stored.check()).fault).toMatchObject({ seq: 2 });
    await stored.seal(89);
    expect(await stored.count()).toBe(10);
  });

  it('writes later rows alone, without the rows of ranges before', async () => {
    await stored.add(10);
    await sql`update ${table} set created_at = now() - interval '1 day'`.execute(stored.db);
    await stored.seal(-1);
    const since = new Date(Date.now() - 3_600_000);
    await stored.add(5);
    await stored.seal();
    expect(await stored.check(since)).toMatchObject({ fault: undefined, skipped: 1, rows: 5 });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSigningKey } from '../crypto/index.ts';
import {
  type Head,
  type SealLine,
  type SignedSeal,
  rowText,
  sha256,
  signRemoval,
  signSeal,
} from './index.ts';
import { type LogReport, LogVerifier, exportLines } from './index.ts';

const { key } = createSigningKey();
const { key: stranger } = createSigningKey();

interface Row extends Readonly<Record<string, unknown>> {
  readonly seq: number;
}
/** A table as it is stored: rows, and the seals over them. */
interface Stored {
  rows: Row[];
  seals: SealLine[];
}
type Tables = Record<string, Stored>;

function sealedRange(
  table_name: string,
  rows: readonly Row[],
  before: SignedSeal | undefined,
  by = key,
): SealLine {
  const hashes = Buffer.concat(rows.map((row) => sha256(rowText(row))));
  const seal = signSeal(
    {
      table_name,
      from_seq: (before?.to_seq ?? 0) + 1,
      to_seq: rows.at(-1)?.seq ?? 0,
      row_count: rows.length,
      root_hash: sha256(hashes).toString('hex'),
      prev_seal_hash: before?.seal_hash ?? null,
      created_at: '2026-01-01T00:00:00.000Z',
    },
    by,
  );
  return { ...seal, row_hashes: hashes.toString('base64') };
}

/** Rows with gaps between their numbers, sealed by so many. */
function table(name: string, count: number, each: number, by = key): Stored {
  const rows = Array.from({ length: count }, (_, at) => ({
    seq: 2 + at + Math.floor(at / 3),
    tool_name: `tool.${at % 4}`,
    created_at: new Date(1000 * at),
    task_id: at % 2 === 0 ? null : 'some',
    role_names: ['a', 'ö'],
  }));
  const seals: SealLine[] = [];
  for (let at = 0; at < rows.length; at += each) {
    seals.push(sealedRange(name, rows.slice(at, at + each), seals.at(-1), by));
  }
  return { rows, seals };
}

const headOf = ({ seals }: Stored): Head => {
  const { to_seq = 0, seal_hash = '' } = seals.at(-1) ?? {};
  return { to_seq, seal_hash };
};

/** What the exporter writes of what is stored; it looks at nothing. */
async function written(
  tables: Tables,
  heads: Record<string, Head> = {},
  since?: string,
  by = key,
): Promise<string> {
  async function* ranges() {
    for (const { rows, seals } of Object.values(tables)) {
      for (const [at, seal] of seals.entries()) {
        const inRange = rows.filter(
          ({ seq }) => seq <= seal.to_seq && (at === 0 || seq >= seal.from_seq),
        );
        yield { seal, rows: inRange.toSorted((a, b) => a.seq - b.seq).map(rowText) };
      }
    }
  }
  const header = {
    exported_at: 'now',
    tables: Object.keys(tables),
    heads,
    ...(since && { since }),
  };
  let text = '';
  for await (const part of exportLines(header, ranges(), by)) text += part;
  return text;
}

function verify(text: string, trusted?: readonly string[], chunk = text.length): LogReport {
  const verifier = new LogVerifier(trusted);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) verifier.push(bytes.subarray(at, at + chunk));
  return verifier.end();
}

const whole = (): Tables => ({ one: table('one', 10, 4), two: table('two', 3, 2) });

describe('an export of a sealed log', () => {
  it('is right when nothing was touched, read in chunks of any size', async () => {
    const tables = whole();
    const text = await written(tables, { one: headOf(tables['one'] as Stored) });
    for (const chunk of [1, 7, 1000, text.length]) {
      expect(verify(text, [key.publicKey], chunk)).toMatchObject({
        fault: undefined,
        rows: 13,
        seals: 5,
      });
    }
    expect(verify(text, [stranger.publicKey]).fault).toMatchObject({ line: 1 });
  });

  it('keeps its hashes when a column is added later', () => {
    expect(rowText({ b: 1, a: new Date(0), later: null })).toBe(
      '{"a":"1970-01-01T00:00:00.000Z","b":1}',
    );
  });

  it.each<[string, (rows: Row[]) => Row[], number, string]>([
    [
      'changed',
      (rows) => rows.map((row) => (row.seq === 4 ? { ...row, tool_name: 'x' } : row)),
      4,
      'row 4 is not as',
    ],
    [
      'emptied',
      (rows) => rows.map((row) => (row.seq === 3 ? { ...row, task_id: null } : row)),
      3,
      'row 3 is not as',
    ],
    ['removed', (rows) => rows.filter(({ seq }) => seq !== 3), 3, 'row 3 was removed'],
    [
      'removed at the end of a range',
      (rows) => rows.filter(({ seq }) => seq !== 6),
      5,
      'a row from 5 to 6 was removed',
    ],
    ['put into a gap', (rows) => [...rows, { seq: 5 }], 5, 'row 5 is not as'],
    ['put before all', (rows) => [{ seq: -1 }, ...rows], -1, 'row -1 is not as'],
    [
      'numbered as another',
      (rows) => rows.map((row) => (row.seq === 2 ? { ...row, seq: 4 } : row)),
      1,
      'a row from 1 to 2',
    ],
    ['there twice', (rows) => [...rows, ...rows.slice(0, 1)], 2, 'row 2 is there twice'],
  ])('names a row that was %s', async (_, edit, seq, words) => {
    const tables = { one: table('one', 10, 4) };
    expect(tables.one.rows.slice(0, 4).map((row) => row.seq)).toStrictEqual([2, 3, 4, 6]);
    tables.one.rows = edit(tables.one.rows);
    const { fault } = verify(await written(tables));
    expect(fault).toMatchObject({
      table: 'one',
      seq,
      what: expect.stringContaining(words) as string,
    });
  });

  it('knows an end that was cut off by what was seen outside of the database, and another chain', async () => {
    const { one } = whole() as { one: Stored };
    const heads = { one: headOf(one) };
    const cut = { one: { ...one, seals: one.seals.slice(0, -1) } };
    expect(verify(await written(cut, heads)).fault).toMatchObject({ table: 'one', seq: 12 });
    expect(verify(await written({ one: { rows: [], seals: [] } }, heads)).fault).toMatchObject({
      table: 'one',
      seq: 1,
    });
    const again = { one: table('one', 10, 5) };
    expect(verify(await written(again, heads)).fault?.what).toContain('is another than');
    const longer = { one: table('one', 12, 4) };
    expect(
      verify(await written(longer, { one: { to_seq: 7, seal_hash: '0'.repeat(64) } })).fault,
    ).toBeDefined();
  });

  it('takes ranges for removed only where the key signed for it, and only from the beginning', async () => {
    const { one } = whole() as { one: Stored };
    const removed = (at: number, by = key): Stored => {
      const seals = one.seals.map((seal, index) => {
        if (index > at) return seal;
        const { row_hashes: _, ...rest } = seal;
        return { ...rest, ...signRemoval(seal.seal_hash, '2026-02-02T00:00:00.000Z', by) };
      });
      const last = one.seals[at]?.to_seq ?? 0;
      return { seals, rows: one.rows.filter(({ seq }) => seq > last) };
    };
    expect(verify(await written({ one: removed(1) }))).toMatchObject({
      fault: undefined,
      removed: 2,
      rows: 2,
    });
    expect(verify(await written({ one: removed(0, stranger) })).fault?.what).toContain(
      'nobody signed',
    );
    const middle = removed(1);
    middle.seals[0] = one.seals[0] as SealLine;
    middle.rows = one.rows.filter(({ seq }) => seq <= 6 || seq > 11);
    expect(verify(await written({ one: middle })).fault?.what).toBe('rows 7 to 11 were removed');
    // A row that came back into a range whose rows are gone.
    const back = removed(1);
    back.rows = [...one.rows.slice(0, 1), ...back.rows];
    expect(verify(await written({ one: back })).fault?.what).toContain('no seal speaks');
  });

  it('takes ranges for left out only where they were sealed before the asked time', async () => {
    const { one } = whole() as { one: Stored };
    const leftOut = (ranges: number): Stored => ({
      seals: one.seals.map((seal, index) => {
        const { row_hashes: _, ...rest } = seal;
        return index < ranges ? rest : seal;
      }),
      rows: one.rows.filter(({ seq }) => seq > (one.seals[ranges - 1]?.to_seq ?? 0)),
    });
    const sealedAt = Date.parse('2026-01-01T00:00:00.000Z');
    for (const ranges of [1, 2, 3]) {
      for (const [laterMs, isRight] of [
        [1, true],
        [86_400_000, true],
        [0, false],
        [-1, false],
        [-86_400_000, false],
      ] as const) {
        const since = new Date(sealedAt + laterMs).toISOString();
        const { fault, skipped } = verify(await written({ one: leftOut(ranges) }, {}, since));
        const what = `${ranges} ranges, ${since}`;
        if (isRight) expect([fault, skipped], what).toEqual([undefined, ranges]);
        else expect(fault?.what, what).toContain('nobody signed');
      }
      expect(verify(await written({ one: leftOut(ranges) }, {}, 'once')).fault?.what).toContain(
        'nobody signed',
      );
    }
    // One that says it was removed has to be signed for, however old it is.
    const unsigned = leftOut(1);
    const [first] = unsigned.seals as [SealLine];
    const removal = signRemoval(first.seal_hash, '2026-02-02T00:00:00.000Z', stranger);
    unsigned.seals[0] = { ...first, ...removal };
    expect(verify(await written({ one: unsigned }, {}, '2026-03-01')).fault?.what).toContain(
      'nobody signed',
    );
  });

  it('finds a chain that was sealed by another key', async () => {
    const one = table('one', 10, 4);
    const [first, second] = one.seals as [SealLine, SealLine];
    one.seals[1] = sealedRange('one', one.rows.slice(4, 8), first, stranger);
    expect(second.to_seq).toBe(one.seals[1].to_seq);
    expect(verify(await written({ one })).fault?.what).toContain('by another key');
    const forged = { one: table('one', 10, 4, stranger) };
    const text = await written(forged, {}, undefined, stranger);
    expect(verify(text).fault).toBeUndefined();
    expect(verify(text, [key.publicKey]).fault).toMatchObject({ line: 1 });
  });

  it('finds every edit of what is stored, whatever is written of it afterwards', async () => {
    const heads = { one: headOf(table('one', 10, 4)), two: headOf(table('two', 3, 2)) };
    const edit = fc.tuple(
      fc.constantFrom(
        'change',
        'remove',
        'insert',
        'swap',
        'renumber',
        'drop seal',
        'change seal',
        'reseal',
      ),
      fc.nat(9),
      fc.nat(9),
    );
    await fc.assert(
      fc.asyncProperty(edit, fc.constantFrom('one', 'two'), async ([what, a, b], name) => {
        const tables = whole();
        const stored = tables[name] as Stored;
        const { rows, seals } = stored;
        const at = a % rows.length;
        const to = b % rows.length;
        const row = rows[at] as Row;
        const other = rows[to] as Row;
        const seal = seals[a % seals.length] as SealLine;
        switch (what) {
          case 'change':
            rows[at] = { ...row, tool_name: `x${b}` };
            break;
          case 'remove':
            rows.splice(at, 1);
            break;
          case 'insert':
            rows.push({ ...row, seq: b % 4 });
            break;
          case 'swap':
            fc.pre(at !== to);
            rows[at] = { ...other, seq: row.seq };
            rows[to] = { ...row, seq: other.seq };
            break;
          case 'renumber':
            rows[at] = { ...row, seq: row.seq - 1 - b };
            break;
          case 'drop seal':
            seals.splice(a % seals.length, 1);
            break;
          case 'change seal':
            seals[a % seals.length] = { ...seal, created_at: 'then' };
            break;
          case 'reseal':
            rows[at] = { ...row, tool_name: 'x' };
            stored.seals = table(name, 0, 1).seals;
            for (let from = 0; from < rows.length; from += 4) {
              stored.seals.push(
                sealedRange(name, rows.slice(from, from + 4), stored.seals.at(-1), stranger),
              );
            }
        }
        expect(verify(await written(tables, heads)).fault).toMatchObject({ table: name });
      }),
      { numRuns: 500 },
    );
  });

  it('finds every edit of the file', async () => {
    const text = await written(whole());
    const lines = text.split(/(?<=\n)/u);
    const line = fc.nat(lines.length - 1);
    const edit = fc.oneof(
      fc.nat(text.length - 1).map((at) => text.slice(0, at)),
      fc
        .tuple(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
        .map(([at, put]) => text.slice(0, at) + put + text.slice(at)),
      fc
        .tuple(fc.nat(text.length - 1), fc.nat(2))
        .map(([at, count]) => text.slice(0, at) + text.slice(at + count + 1)),
      line.map((at) => lines.toSpliced(at, 1).join('')),
      fc.tuple(line, line).map(([at, to]) => lines.toSpliced(to, 0, lines[at] ?? '').join('')),
      fc.tuple(line, line).map(([at, to]) =>
        lines
          .with(at, lines[to] ?? '')
          .with(to, lines[at] ?? '')
          .join(''),
      ),
    );
    fc.assert(
      fc.property(edit, (edited) => {
        fc.pre(edited !== text);
        expect(verify(edited).fault).toBeDefined();
      }),
      { numRuns: 3000 },
    );
  });
});

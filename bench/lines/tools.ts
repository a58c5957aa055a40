import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import type { BenchInstall } from '../support/install.ts';
import { LineProcess } from '../support/line-process.ts';
import { NoOpStack } from './dispatch.ts';

const gatewayProgram = new URL('../support/mcp-gateway-echo.ts', import.meta.url);
const bareProgram = new URL('../support/bare-mcp.ts', import.meta.url);
const loadProgram = new URL('../support/mcp-load.ts', import.meta.url);

/** Calls a second while times are measured, and for how long, ms. */
const rate = 500;
const sampleMs = { full: 5000, quick: 1000 } as const;
/** Clients that call as fast as they can, and connections at the fixed rate. */
const clients = 16;

/** A side that is called: where, and by whose hand. */
interface Side {
  readonly url: string;
  readonly load: LineProcess;
  /** Rows it has written so far; undefined where it writes none. */
  readonly rows: (() => Promise<number>) | undefined;
}

interface Sides {
  readonly ours: Side;
  readonly bare: Side;
  readonly inserting: Side;
}

async function withSides<T>(measure: (sides: Sides) => Promise<T>): Promise<T> {
  await using stack = new NoOpStack();
  await stack.start({ withNode: false });
  const anchors = 'bench_mcp';
  await stack.query(stack.server.adminUrl, `create database ${anchors} owner cynode`);
  const rowsOf = (url: string, table: string) => async (): Promise<number> => {
    const [row] = await stack.query<{ rows: string }>(url, `select count(*) as rows from ${table}`);
    return Number(row?.rows);
  };
  const oursUrl = stack.server.url();
  await using gateway = new LineProcess(gatewayProgram, [], {
    DATABASE_URL: oursUrl,
    JWT_SECRET: 'a key of the benchmark, of no worth elsewhere',
    ARTIFACT_STORAGE_DIR: stack.install.home,
  });
  const port = await gateway.line();
  await using load = new LineProcess(loadProgram, [], { TOKEN: await gateway.line() });
  await using bare = new LineProcess(bareProgram, []);
  const insertingUrl = stack.server.url(anchors);
  await using inserting = new LineProcess(bareProgram, ['insert'], {
    DATABASE_URL: insertingUrl,
  });
  await using anchorLoad = new LineProcess(loadProgram, []);
  const anchor = async (process: LineProcess): Promise<string> =>
    `http://127.0.0.1:${await process.line()}/`;
  return await measure({
    ours: {
      url: `http://127.0.0.1:${port}/v1/mcp`,
      load,
      rows: rowsOf(oursUrl, 'mcp_tool_call_audit_log'),
    },
    bare: { url: await anchor(bare), load: anchorLoad, rows: undefined },
    inserting: {
      url: await anchor(inserting),
      load: anchorLoad,
      rows: rowsOf(insertingUrl, 'calls'),
    },
  });
}

/** Calls, and holds the rows against them: one each. @throws Error when a call failed or a row is missing or too many */
async function call({ url, load, rows }: Side, atRate: number, ms: number): Promise<number> {
  const before = await rows?.();
  const calls = await load.ask(`call ${url} ${clients} ${atRate} ${ms}`);
  const written = ((await rows?.()) ?? 0) - (before ?? 0);
  if (rows !== undefined && written !== calls)
    throw new Error(`${calls} calls left ${written} rows`);
  return calls;
}

/** What the gateway adds to a call, held against one of the two servers. */
const added =
  (share: 'p50' | 'p95', against: 'bare' | 'inserting', limit: number) =>
  (_shared: BenchInstall, effort: Effort): Promise<Outcome> => {
    const ms = effort.quick ? sampleMs.quick : sampleMs.full;
    const [suffix, name] =
      against === 'bare' ? ['', 'bare SDK server'] : ['-row', 'bare SDK server, one INSERT'];
    return withSides((sides) => {
      const sample = (side: Side) => async (): Promise<number> => {
        await call(side, rate, ms);
        return side.load.ask(share);
      };
      return compare(
        {
          line: `tool-${share}${suffix}`,
          title: `${share} of a tool's call at ${rate} a second`,
          unit: 'ms',
          comparison: 'difference',
          samples: 1,
          warmUp: 2,
          target: { limit, sense: 'at_most' },
          ours: { name: 'MCP gateway', sample: sample(sides.ours) },
          anchor: { name, sample: sample(sides[against]) },
          notes: [`an echo of 256 bytes, ${ms / 1000} s a sample, as many audit rows as calls`],
        },
        effort,
      );
    });
  };

/** The middle call and the slower ones, against a server that keeps nothing and one that keeps a row. */
export const measureToolP50 = added('p50', 'bare', 1);
export const measureToolP95 = added('p95', 'bare', 3);
export const measureToolP50Row = added('p50', 'inserting', 1);
export const measureToolP95Row = added('p95', 'inserting', 3);

/** Calls a second of sixteen clients against a server that writes one row a call. */
export function measureToolRate(_shared: BenchInstall, effort: Effort): Promise<Outcome> {
  const ms = effort.quick ? sampleMs.quick : sampleMs.full;
  return withSides(({ ours, inserting }) => {
    const sample = (side: Side) => async (): Promise<number> => {
      const calls = await call(side, 0, ms);
      return (calls * 1000) / ms;
    };
    return compare(
      {
        line: 'tool-rate',
        title: `calls of a tool a second, ${clients} clients`,
        unit: 'per_second',
        comparison: 'ratio',
        samples: 1,
        warmUp: 2,
        target: { limit: 0.5, sense: 'at_least' },
        ours: { name: 'MCP gateway', sample: sample(ours) },
        anchor: { name: 'bare SDK server, one INSERT', sample: sample(inserting) },
        notes: ['as many audit rows as calls'],
      },
      effort,
    );
  });
}

/** Calls at a fixed rate for so many ms, over the connections of the other lines. @throws Error when one failed */
export function callForLong(
  atRate: number,
  ms: number,
): Promise<{ readonly calls: number; readonly p50: number; readonly p95: number }> {
  return withSides(async ({ ours }) => {
    const calls = await call(ours, atRate, ms);
    return { calls, p50: await ours.load.ask('p50'), p95: await ours.load.ask('p95') };
  });
}

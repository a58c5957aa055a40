import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { type BenchInstall } from '../support/install.ts';
import { KeptConnection } from '../support/kept-connection.ts';
import { LineProcess } from '../support/line-process.ts';
import { createTask } from '../support/tasks.ts';
import { NoOpStack } from './dispatch.ts';

const anchorDatabase = 'bench_api';
const anchorProgram = new URL('../support/bare-api.ts', import.meta.url);

interface Both {
  readonly stack: NoOpStack;
  readonly ours: KeptConnection;
  readonly anchor: KeptConnection;
}

/** What a line asks of both sides, over one kept connection each. */
interface Question {
  readonly line: 'api-read' | 'api-create';
  readonly title: string;
  readonly names: { readonly ours: string; readonly anchor: string };
  /** Makes what is needed and answers with one request to each side. */
  readonly prepare: (both: Both) => Promise<{
    readonly ours: () => Promise<unknown>;
    readonly anchor: () => Promise<unknown>;
  }>;
}

/** ms of one request, as the mean of a batch in turn. */
async function meanOf(requests: number, send: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  for (let sent = 0; sent < requests; sent += 1) await send();
  return (performance.now() - startedMs) / requests;
}

/** A stack without a node, so that no job runs meanwhile, and beside it a bare server on the same PostgreSQL. */
async function measure(question: Question, effort: Effort): Promise<Outcome> {
  await using stack = new NoOpStack();
  await stack.start({ withNode: false });
  await stack.query(stack.server.adminUrl, `create database ${anchorDatabase} owner cynode`);
  await using bare = new LineProcess(anchorProgram, [stack.server.url(anchorDatabase)]);
  const anchor = new KeptConnection(`http://127.0.0.1:${await bare.line()}`);
  const ours = await stack.install.connect();
  const requests = effort.quick ? 20 : 100;
  try {
    const { names, line, title, prepare } = question;
    const send = await prepare({ stack, ours, anchor });
    return await compare(
      {
        line,
        title,
        unit: 'ms',
        comparison: 'ratio',
        samples: 3,
        warmUp: 3,
        ours: { name: names.ours, sample: () => meanOf(requests, send.ours) },
        anchor: { name: names.anchor, sample: () => meanOf(requests, send.anchor) },
        notes: [`each sample is the mean of ${requests} requests in turn`],
      },
      effort,
    );
  } finally {
    ours.close();
    anchor.close();
  }
}

async function answered(
  connection: KeptConnection,
  status: number,
  ...call: Parameters<KeptConnection['send']>
): Promise<unknown> {
  const answer = await connection.send(...call);
  if (answer.status === status) return answer.json;
  throw new Error(`${call[0]} ${call[1]} answered ${answer.status}`);
}

/** An authenticated read of one task against a bare Fastify with one query. */
export function measureApiRead(_shared: BenchInstall, effort: Effort): Promise<Outcome> {
  return measure(
    {
      line: 'api-read',
      title: '`GET /v1/tasks/{id}`',
      names: { ours: 'user gateway', anchor: 'bare Fastify, one query' },
      prepare: async ({ stack, ours, anchor }) => {
        const path = `/v1/tasks/${await createTask(ours, ['true'], stack.nextName())}`;
        const task = await answered(ours, 200, 'GET', path);
        await answered(anchor, 201, 'POST', '/v1/tasks', task);
        return {
          ours: () => answered(ours, 200, 'GET', path),
          anchor: () => answered(anchor, 200, 'GET', path),
        };
      },
    },
    effort,
  );
}

/** The creation of a task against a bare Fastify with one insert. */
export function measureApiCreate(_shared: BenchInstall, effort: Effort): Promise<Outcome> {
  return measure(
    {
      line: 'api-create',
      title: '`POST /v1/tasks`',
      names: { ours: 'user gateway', anchor: 'bare Fastify, one insert' },
      prepare: async ({ stack, ours, anchor }) => ({
        ours: () => createTask(ours, ['true'], stack.nextName()),
        anchor: () =>
          answered(anchor, 201, 'POST', '/v1/tasks', {
            task_id: crypto.randomUUID(),
            input_mode: 'commands',
            commands: ['true'],
            task_name: stack.nextName(),
          }),
      }),
    },
    effort,
  );
}

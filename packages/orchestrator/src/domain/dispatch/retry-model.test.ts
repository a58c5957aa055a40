import type { RunJobResult } from '@cynodeai/contracts/common';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeExpiry } from '../jobs/attempts.ts';
import { type JobObservation, decideRetry, judgeObservation } from './job-observation.ts';

const taskId = '00000000-0000-4000-8000-000000000001';
const jobId = '00000000-0000-4000-8000-000000000002';
const maxAttempts = 3;
const terminal = new Set(['completed', 'failed', 'canceled']);

type Run = { readonly lease: number; state: 'running' | 'finished' | 'lost' };
interface Node {
  readonly name: string;
  reachable: boolean;
  run: Run | undefined;
}
interface Holder {
  readonly lease: number;
  node: Node;
}

function resultOf(lost: boolean): RunJobResult {
  return {
    version: 1,
    task_id: taskId,
    job_id: jobId,
    status: lost ? 'failed' : 'completed',
    exit_code: lost ? 125 : 0,
    stdout: '',
    stderr: lost ? 'cynode: node restarted\n' : '',
    started_at: '2026-01-01T00:00:00Z',
    ended_at: '2026-01-01T00:00:00Z',
    truncated: { stdout: false, stderr: false },
  };
}

/** One job, two nodes and any number of dispatchers, each step taken by the decisions of the real code. */
class Model {
  readonly nodes: readonly Node[] = ['a', 'b'].map((name) => ({
    name,
    reachable: true,
    run: undefined,
  }));
  status = 'queued';
  node: Node | undefined;
  lease = 0;
  attempt = 0;
  free = 0;
  holders: Holder[] = [];
  /** Every holder that ever was: a frozen one may wake up and write. */
  readonly former: Holder[] = [];
  starts = 0;
  finishes = 0;

  observation(node: Node): JobObservation {
    if (!node.reachable) return { kind: 'unreachable', message: 'cut' };
    const { run } = node;
    if (run === undefined) return { kind: 'unknown' };
    const base = { version: 1 as const, task_id: taskId, job_id: jobId };
    if (run.state === 'running') return { kind: 'known', job: { ...base, status: 'in_progress' } };
    const result = resultOf(run.state === 'lost');
    return { kind: 'known', job: { ...base, status: result.status, result } };
  }

  claim(node: Node): Holder {
    this.lease += 1;
    this.attempt += 1;
    this.status = 'running';
    this.node = node;
    const holder = { lease: this.lease, node };
    this.holders.push(holder);
    this.former.push(holder);
    return holder;
  }

  holds(holder: Holder): boolean {
    return this.status === 'running' && holder.lease === this.lease;
  }

  /**
   * One run per job and lease, conflict under another.
   * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
   */
  send(holder: Holder): void {
    if (!this.holds(holder) || !holder.node.reachable) return;
    if (holder.node.run !== undefined) return;
    holder.node.run = { lease: holder.lease, state: 'running' };
    this.starts += 1;
  }

  complete(holder: Holder): void {
    if (!this.holds(holder)) return;
    this.status = 'completed';
    holder.node.run = undefined;
  }

  expire(): void {
    if (this.status !== 'running') return;
    const facts = { attempt: this.attempt, freeAttempts: this.free, maxAttempts };
    this.status = judgeExpiry(facts, 0.5).kind === 'requeue' ? 'queued' : 'failed';
    this.lease += 1;
  }

  resume(node: Node): void {
    const holder = this.claim(node);
    const verdict = judgeObservation(this.observation(node), {
      taskId,
      jobId,
      nodeSlug: node.name,
    });
    const step = decideRetry(verdict, true);
    switch (step.kind) {
      case 'take':
        return this.complete(holder);
      case 'adopt':
        this.free += 1;
        return;
      case 'acknowledge_and_send':
        node.run = undefined;
        return this.send(holder);
      case 'send':
        return this.send(holder);
      case 'leave':
      case 'elsewhere': {
        const other = this.nodes.find((one) => one !== node && one.reachable);
        if (other === undefined) {
          this.free += 1;
          this.expire();
          return;
        }
        holder.node = other;
        this.node = other;
        return this.send(holder);
      }
    }
  }
}

type Step = { readonly at: number; readonly what: keyof typeof steps };

const steps = {
  dispatch: (m: Model, node: Node) => {
    if (m.status !== 'queued') return;
    if (m.node !== undefined) m.resume(m.node);
    else if (node.reachable) m.send(m.claim(node));
  },
  claimAndDie: (m: Model, node: Node) => {
    if (m.status === 'queued' && m.node === undefined) m.claim(node);
    m.holders = [];
  },
  die: (m: Model) => void (m.holders = []),
  expire: (m: Model) => m.expire(),
  finish: (m: Model, { run }: Node) => {
    if (run?.state !== 'running') return;
    run.state = 'finished';
    m.finishes += 1;
  },
  ask: (m: Model, node: Node) => {
    for (const holder of m.holders) {
      if (holder.node !== node || !m.holds(holder)) continue;
      const verdict = judgeObservation(m.observation(node), { taskId, jobId, nodeSlug: node.name });
      if (verdict.kind === 'finished') m.complete(holder);
      if (verdict.kind === 'run_lost' || verdict.kind === 'unknown') m.expire();
    }
  },
  wakeUpAndWrite: (m: Model, node: Node) => {
    for (const holder of m.former) {
      if (holder.node === node && node.run?.state === 'finished') m.complete(holder);
    }
  },
  cut: (_m: Model, node: Node) => void (node.reachable = false),
  heal: (_m: Model, node: Node) => void (node.reachable = true),
  restart: (_m: Model, { run }: Node) => {
    if (run?.state === 'running') run.state = 'lost';
  },
  cancel: (m: Model) => {
    if (!terminal.has(m.status)) m.status = 'canceled';
  },
} as const;

const names = Object.keys(steps) as Step['what'][];
const stepsOf = (what: readonly Step['what'][]) =>
  fc.array(fc.record({ at: fc.nat({ max: 1 }), what: fc.constantFrom(...what) }), {
    maxLength: 60,
  });

function play(script: readonly Step[], after: (m: Model, before: string) => void): Model {
  const model = new Model();
  for (const { at, what } of script) {
    const node = model.nodes[at];
    if (node === undefined) continue;
    const before = model.status;
    steps[what](model, node);
    after(model, before);
  }
  return model;
}

it('no sequence of deaths, cuts, restarts and late answers changes a terminal state', () => {
  fc.assert(
    fc.property(stepsOf(names), (script) => {
      play(script, (model, before) => {
        if (terminal.has(before)) expect(model.status).toBe(before);
        expect(model.attempt - model.free).toBeLessThanOrEqual(maxAttempts);
      });
    }),
    { numRuns: 3000 },
  );
});

it('a job whose node stays reachable and alive runs once, however often its dispatchers die', () => {
  const kind = names.filter((name) => !['cut', 'restart', 'claimAndDie'].includes(name));
  fc.assert(
    fc.property(stepsOf(kind), (script) => {
      const model = play(script, () => {});
      expect(model.starts).toBeLessThanOrEqual(1);
    }),
    { numRuns: 3000 },
  );
});

it('a finished run is never followed by another while its node can be reached', () => {
  const kind = names.filter((name) => name !== 'cut');
  fc.assert(
    fc.property(stepsOf(kind), (script) => {
      let startsAtFinish: number | undefined;
      play(script, (model) => {
        if (model.finishes > 0) startsAtFinish ??= model.starts;
        if (startsAtFinish !== undefined) expect(model.starts).toBe(startsAtFinish);
      });
    }),
    { numRuns: 3000 },
  );
});

import type { Collector, MetricFamily } from '@cynodeai/runtime/observe';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../tables.ts';

/** How long what was found is told again, ms: jobs that have ended are many. */
const freshMs = 5000;

interface Counted {
  readonly status: string;
  readonly count: number;
  /** Age of the oldest, s. */
  readonly oldest: number;
}

async function look(db: Kysely<Database>): Promise<readonly MetricFamily[]> {
  const [jobs, leases, nodes] = await Promise.all([
    sql<Counted>`
      select status, count(*)::int as count,
             case when status = 'queued'
                  then extract(epoch from clock_timestamp() - min(created_at))::float8 else 0 end as oldest
        from jobs group by status`.execute(db),
    sql<{ readonly count: number }>`
      select count(*)::int as count from jobs where lease_expires_at is not null`.execute(db),
    sql<Pick<Counted, 'status' | 'count'>>`
      select status, count(*)::int as count from nodes group by status`.execute(db),
  ]);
  const queued = jobs.rows.find(({ status }) => status === 'queued');
  const byState = (
    name: MetricFamily['name'],
    help: string,
    rows: readonly Pick<Counted, 'status' | 'count'>[],
  ): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    samples: rows.map(({ status, count }) => ({ labels: { state: status }, value: count })),
  });
  const one = (name: MetricFamily['name'], help: string, value = 0): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    samples: [{ value }],
  });
  return [
    byState('cynode_jobs', 'Jobs that are kept, by state', jobs.rows),
    one('cynode_queue_length', 'Jobs that wait for a node or a model', queued?.count),
    one('cynode_queue_oldest_seconds', 'Age of the one that waits longest', queued?.oldest),
    one('cynode_leases', 'Jobs that are held under a lease', leases.rows[0]?.count),
    byState('cynode_nodes', 'Nodes, by state', nodes.rows),
  ];
}

/** What is in the queue, on nodes and done, of the whole install; asked at most every few seconds. */
export function postgresQueueMetrics(
  db: Kysely<Database>,
  elapsed: () => number = () => performance.now(),
): Collector {
  let lookedAt = -Infinity;
  let answer: Promise<readonly MetricFamily[]> = Promise.resolve([]);
  return () => {
    const now = elapsed();
    if (now - lookedAt >= freshMs) {
      lookedAt = now;
      answer = look(db);
    }
    return answer;
  };
}

import { type AuditLogName, auditLogs } from '@cynodeai/contracts/gateway';
import { type RawBuilder, sql } from 'kysely';
import type {
  AuditEventDetail,
  AuditEventQuery,
  AuditEventReader,
  AuditEventRecord,
} from '../../../ports/audit-events.ts';
import type { Executor } from '../database.ts';

/** How the rows of one log read in the form of all: SQL of each column, from its own columns. */
interface LogColumns {
  readonly time: 'created_at' | 'changed_at';
  readonly actor: string;
  readonly action: string;
  readonly resourceType: string;
  readonly resource: string;
  readonly decision: string;
  readonly task?: string;
  readonly request?: string;
  readonly reason?: string;
  readonly calls?: string;
}

/** Whoever a log names as `user:<uuid>`. */
const userOf = (column: string): string =>
  `substring(${column} from '^user:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid`;

const allowed = "'allow'";
const allowedIf = (condition: string): string =>
  `case when ${condition} then 'allow' else 'deny' end`;

/** Every audit log. Contents (values of settings, arguments, addresses) are no part of it. */
const columnsOf: Readonly<Record<AuditLogName, LogColumns>> = {
  gateway: {
    time: 'created_at',
    actor: 'user_id',
    action: 'action',
    resourceType: 'resource_type',
    resource: 'resource_id',
    decision: 'decision',
    request: 'request_id',
    calls: 'call_count',
  },
  auth: {
    time: 'created_at',
    actor: 'user_id',
    action: "'auth.' || event_type",
    resourceType: "case when event_type like 'node\\_%' then 'node' else 'user' end",
    resource: 'user_id::text',
    decision: allowedIf('success'),
    reason: 'reason',
    calls: 'call_count',
  },
  access_control: {
    time: 'created_at',
    actor: 'coalesce(user_id, subject_id)',
    action: 'action',
    resourceType: 'resource_type',
    resource: 'resource',
    decision: 'decision',
    task: 'task_id',
    request: 'request_id',
    reason: 'reason',
  },
  mcp_tool_call: {
    time: 'created_at',
    actor: 'coalesce(user_id, subject_id)',
    action: "'mcp.tool.invoke'",
    resourceType: "'mcp.tool'",
    resource: 'tool_name',
    decision: 'decision',
    task: 'task_id',
    request: 'request_id',
    reason: 'coalesce(error_type, reason)',
  },
  system_settings: {
    time: 'changed_at',
    actor: userOf('changed_by'),
    action: "'settings.write'",
    resourceType: "'setting'",
    resource: 'key',
    decision: allowed,
    reason: 'reason',
  },
  preference: {
    time: 'changed_at',
    actor: userOf('changed_by'),
    action: "'preference.' || operation",
    resourceType: "'preference'",
    resource: 'key',
    decision: allowed,
    reason: 'reason',
  },
  chat: {
    time: 'created_at',
    actor: 'user_id',
    action: "'chat.complete'",
    resourceType: "'chat'",
    resource: 'project_id::text',
    decision: allowed,
    request: 'request_id',
    reason: "coalesce(error_code, nullif(outcome, 'success'))",
  },
  skill: {
    time: 'created_at',
    actor: userOf('actor'),
    action: "'skill.' || action",
    resourceType: "'skill'",
    resource: 'skill_id::text',
    decision: allowedIf("result = 'pass'"),
    reason: 'category',
  },
};

/** The rows of one log as events; a column that it lacks is null. */
function eventsOf(log: AuditLogName): RawBuilder<unknown> {
  const { time, actor, action, resourceType, resource, decision, ...more } = columnsOf[log];
  const { task = 'null::uuid', request = 'null', reason = 'null', calls = 'null::int' } = more;
  return sql.raw(`
    select id, ${time} as ts, '${log}' as log, ${actor} as actor_id, ${action} as action,
           ${resourceType} as resource_type, ${resource} as resource_id, ${decision} as decision,
           ${task} as task_id, ${request} as request_id, ${reason} as reason, ${calls} as calls
      from ${log}_audit_log`);
}

/** No id is behind it. */
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const everyLog = auditLogs.map((log) => ({
  events: eventsOf(log),
  /** The one kind of thing that the log is about; undefined where its rows say it. */
  about: /^'([a-z.]+)'$/.exec(columnsOf[log].resourceType)?.[1],
}));

interface Row {
  readonly id: string;
  readonly ts: Date;
  readonly log: AuditLogName;
  readonly actor_id: string | null;
  readonly action: string;
  readonly resource_type: string;
  readonly resource_id: string | null;
  readonly decision: 'allow' | 'deny';
  readonly task_id: string | null;
  readonly request_id: string | null;
  readonly reason: string | null;
  readonly calls: number | null;
}

function recordOf(row: Row): AuditEventRecord {
  return {
    id: row.id,
    createdAt: row.ts,
    log: row.log,
    actorId: row.actor_id ?? undefined,
    action: row.action,
    resourceType: row.resource_type,
    resourceId: row.resource_id ?? undefined,
    decision: row.decision,
  };
}

/** Each log gives one page of its own, read along the index of its time; the page of all is made of these. */
async function list(db: Executor, query: AuditEventQuery): Promise<readonly AuditEventRecord[]> {
  const { resourceType, actorId, since, until, after, limit } = query;
  // Conditions of one shape, so that a prepared statement reads along the index whatever is asked.
  const wanted = sql`
    where ts >= coalesce(${since ?? null}::timestamptz, '-infinity')
      and ts < coalesce(${until ?? null}::timestamptz, 'infinity')
      and (ts, id) < (coalesce(${after?.createdAt ?? null}::timestamptz, 'infinity'),
                      ${after?.id ?? lastId}::uuid)
      and (${actorId ?? null}::uuid is null or actor_id = ${actorId ?? null}::uuid)
      and (${resourceType ?? null}::text is null or resource_type = ${resourceType ?? null}::text)
    order by ts desc, id desc limit ${limit}`;
  const asked = everyLog.filter(
    ({ about }) => resourceType === undefined || about === undefined || about === resourceType,
  );
  const pages = asked.map(({ events }) => sql`(select * from (${events}) event ${wanted})`);
  const { rows } = await sql<Row>`
    ${sql.join(pages, sql` union all `)} order by ts desc, id desc limit ${limit}`.execute(db);
  return rows.map(recordOf);
}

async function find(db: Executor, id: string): Promise<AuditEventDetail | undefined> {
  const found = everyLog.map(
    ({ events }) => sql`select * from (${events}) event where id = ${id}::uuid`,
  );
  const { rows } = await sql<Row>`${sql.join(found, sql` union all `)}`.execute(db);
  const [row] = rows;
  return (
    row && {
      ...recordOf(row),
      taskId: row.task_id ?? undefined,
      requestId: row.request_id ?? undefined,
      reason: row.reason ?? undefined,
      calls: row.calls ?? undefined,
    }
  );
}

/** Events of the audit logs in PostgreSQL. See docs/reference/database.md#audit-tables. */
export function postgresAuditEvents(db: Executor): AuditEventReader {
  return { list: (query) => list(db, query), find: (id) => find(db, id) };
}

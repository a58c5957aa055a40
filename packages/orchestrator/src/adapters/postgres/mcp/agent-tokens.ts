import { type ToolAgent, toolAgents } from '@cynodeai/contracts/mcp';
import { sql } from 'kysely';
import type { ActiveUser } from '../../../domain/identity/active-user.ts';
import type { AgentBinding } from '../../../domain/mcp/agent-caller.ts';
import type {
  AgentCredentials,
  AgentTokens,
  FoundAgent,
  NewAgentToken,
} from '../../../ports/mcp.ts';
import type { Executor } from '../database.ts';
import { isLeased } from './leased-contexts.ts';
import {
  type CallerRow,
  activeUserOf,
  callerColumns,
  callerJoins,
} from '../identity/find-session.ts';

/** A token, its run context, its session, and the user of either. */
type Row = (CallerRow | { readonly user_id: null }) & {
  readonly token_id: string;
  readonly agent_type: string;
  readonly token_user_id: string | null;
  readonly token_task_id: string | null;
  readonly token_project_id: string | null;
  readonly token_job_id: string | null;
  readonly context_id: string | null;
  readonly context_task_id: string | null;
  readonly context_project_id: string | null;
  readonly context_run_id: string | null;
  readonly session_used_at: Date | null;
  readonly session_ended_at: Date | null;
};

const isAgent = (type: string): type is ToolAgent =>
  (toolAgents as readonly string[]).includes(type);

function boundOf(row: Row, agent: ToolAgent): AgentBinding {
  if (agent === 'project_manager') {
    return {
      taskId: row.context_task_id ?? undefined,
      projectId: row.context_project_id ?? undefined,
      runId: row.context_run_id ?? undefined,
    };
  }
  return {
    taskId: row.token_task_id ?? undefined,
    projectId: row.token_project_id ?? undefined,
    jobId: row.token_job_id ?? undefined,
  };
}

function userOf(row: Row): ActiveUser | undefined {
  return row.user_id === null ? undefined : activeUserOf(row);
}

function foundOf(row: Row): FoundAgent | undefined {
  const { agent_type: agent, session_used_at: lastUsedAt } = row;
  if (!isAgent(agent)) return undefined;
  const user = userOf(row);
  // A token or a context of a user who is not active any more is worth nothing.
  const isOfNobody = row.token_user_id === null && row.context_id === null;
  if (user === undefined && !isOfNobody) return undefined;
  return {
    caller: {
      tokenId: row.token_id,
      agent,
      user,
      bound: boundOf(row, agent),
      contextId: row.context_id ?? undefined,
    },
    session: lastUsedAt === null ? undefined : { lastUsedAt, ended: row.session_ended_at !== null },
  };
}

/** All that a door has to know of an agent, in one statement. */
async function find(
  db: Executor,
  { hash, audience, contextId, sessionId }: AgentCredentials,
  now: Date,
): Promise<FoundAgent | undefined> {
  const { rows } = await sql<Row>`
    select t.id as token_id, t.agent_type, t.user_id as token_user_id, t.task_id as token_task_id,
           t.project_id as token_project_id, t.job_id as token_job_id,
           c.id as context_id, c.task_id as context_task_id, c.project_id as context_project_id,
           c.run_id as context_run_id, s.last_used_at as session_used_at, s.ended_at as session_ended_at,
           ${callerColumns}
      from agent_tokens t
      left join agent_run_contexts c on t.agent_type = 'project_manager' and t.user_id is null
       and c.id = ${contextId ?? null}::uuid and c.expires_at > ${now}::timestamptz and ${isLeased}
      left join mcp_sessions s on s.id = ${sessionId ?? null}::uuid and s.agent_token_id = t.id
      left join users u on u.id = coalesce(t.user_id, c.user_id) and u.is_active ${callerJoins}
     where t.token_hash = ${hash} and t.audience = ${audience} and t.revoked_at is null
       and t.expires_at > ${now}::timestamptz`.execute(db);
  const [row] = rows;
  return row && foundOf(row);
}

async function issue(db: Executor, token: NewAgentToken): Promise<void> {
  await sql`
    insert into agent_tokens (id, token_hash, audience, agent_type, user_id, project_id, task_id, job_id, expires_at,
                              created_at)
    values (${token.id}::uuid, ${token.hash}, ${token.audience}, ${token.agent}, ${token.userId ?? null}::uuid,
            ${token.projectId ?? null}::uuid, ${token.taskId ?? null}::uuid, ${token.jobId ?? null}::uuid,
            ${token.expiresAt}, ${token.at})`.execute(db);
}

/** Tokens of agents in PostgreSQL; only their hashes. */
export function postgresAgentTokens(db: Executor): AgentTokens {
  return {
    find: (credentials, now) => find(db, credentials, now),
    issue: (token) => issue(db, token),
    revoke: async (which, at) => {
      const isMeant =
        'id' in which ? sql`id = ${which.id}::uuid` : sql`job_id = ${which.jobId}::uuid`;
      const { numAffectedRows = 0n } = await sql`
        update agent_tokens set revoked_at = ${at}
         where ${isMeant} and revoked_at is null and expires_at > ${at}`.execute(db);
      return Number(numAffectedRows);
    },
    removeExpired: async (before) => {
      const { numAffectedRows = 0n } = await sql`
        delete from agent_tokens where expires_at < ${before}`.execute(db);
      return Number(numAffectedRows);
    },
  };
}

import { sql } from 'kysely';
import type { McpSessions, RunContexts } from '../../../ports/mcp.ts';
import type { Executor } from '../database.ts';

/** What is kept of sessions: their last use, and that they were ended. */
export function postgresMcpSessions(db: Executor): McpSessions {
  return {
    touch: async (sessionId, tokenId, at) => {
      await sql`
        insert into mcp_sessions (id, agent_token_id, last_used_at)
        values (${sessionId}::uuid, ${tokenId}::uuid, ${at})
        on conflict (id) do update set last_used_at = greatest(mcp_sessions.last_used_at, excluded.last_used_at)`.execute(
        db,
      );
    },
    end: async (sessionId, tokenId, at) => {
      await sql`
        insert into mcp_sessions (id, agent_token_id, last_used_at, ended_at)
        values (${sessionId}::uuid, ${tokenId}::uuid, ${at}, ${at})
        on conflict (id) do update set ended_at = excluded.ended_at`.execute(db);
    },
  };
}

/** What Project Managers were handed. */
export function postgresRunContexts(db: Executor): RunContexts {
  return {
    open: async (context) => {
      await sql`
        insert into agent_run_contexts (id, user_id, project_id, task_id, run_id, expires_at, created_at)
        values (${context.id}::uuid, ${context.userId}::uuid, ${context.projectId ?? null}::uuid,
                ${context.taskId ?? null}::uuid, ${context.runId ?? null}::uuid, ${context.expiresAt}, ${context.at})`.execute(
        db,
      );
    },
    removeExpired: async (before) => {
      const { numAffectedRows = 0n } = await sql`
        delete from agent_run_contexts where expires_at < ${before}`.execute(db);
      return Number(numAffectedRows);
    },
  };
}

import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type JobKind, closedKinds } from '../../../domain/dispatch/closed-kinds.ts';
import type { NodeFacts } from '../../../domain/dispatch/node-facts.ts';
import { workspaceWait } from '../../../domain/workspaces/workspace-wait.ts';
import type { WaitingReason } from '../../../domain/dispatch/select-node.ts';
import type { PmModelState } from '../../../domain/models/pm-model-state.ts';
import type { PromptWaitingReason } from '../../../domain/prompts/choose-path.ts';
import { evaluateReadiness } from '../../../domain/readiness/evaluate-readiness.ts';
import { waitingWords } from '../../../domain/tasks/waiting-words.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Executor } from '../database.ts';
import { readPmModelFacts } from '../models/read-pm-model-facts.ts';
import { readDispatchNodes, unopenedTokens } from '../nodes/read-dispatch-nodes.ts';
import type { Database } from '../tables.ts';
import { wantedWorkspaces } from '../workspaces/wanted-workspaces.ts';
import { hasDueJob } from './due-jobs.ts';

/** What a task waits for: a code, and a sentence for people where there is more to say. */
interface Waiting {
  readonly reason: WaitingReason | PromptWaitingReason;
  readonly text?: string | undefined;
}

/** Writes the reason on the tasks of those queued jobs `j` that `which` chooses. */
async function note(
  db: Executor,
  which: RawBuilder<unknown>,
  { reason, text }: Waiting,
): Promise<void> {
  const notes = JSON.stringify({ waiting_reason: reason, waiting_text: text ?? null });
  await sql`
    WITH waiting AS (
      SELECT t.id FROM tasks t
      WHERE t.status IN ('pending', 'running')
        AND NOT coalesce(t.metadata, '{}') @> ${notes}::jsonb
        AND t.id IN (SELECT j.task_id FROM jobs j WHERE j.status = 'queued' AND ${which})
      LIMIT 1000
      FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE tasks SET
      metadata = coalesce(metadata, '{}') || ${notes}::jsonb,
      updated_at = now()
    FROM waiting WHERE tasks.id = waiting.id
  `.execute(db);
}

/** SQL: what job `j` needs is that and nothing more. */
function isOfKind({ useInference, hasFolder, secrets }: JobKind): RawBuilder<unknown> {
  return sql`(coalesce((j.payload ->> 'use_inference')::boolean, false) = ${useInference}
    AND j.payload ? 'folder' = ${hasFolder} AND j.payload ? 'secrets' = ${secrets})`;
}

/** Says what jobs of kept workspaces wait for, and answers with the workspaces that was said of. */
async function noteWorkspaceWaits(db: Executor, nodes: readonly NodeFacts[]): Promise<string[]> {
  const told: string[] = [];
  for (const { id, ...workspace } of await wantedWorkspaces(db)) {
    const wait = workspaceWait(nodes, workspace);
    if (wait === undefined) continue;
    const isHolder = sql`j.id = (SELECT w.holder_job_id FROM workspaces w WHERE w.id = ${id}::uuid)`;
    const which = sql`j.workspace_id = ${id}::uuid AND NOT coalesce(${isHolder}, false)`;
    await note(db, which, wait);
    told.push(id);
  }
  return told;
}

/**
 * Says on the tasks of queued jobs why no node may take them.
 * See docs/reference/leases.md#which-one-is-chosen.
 */
export async function noteWaiting(
  db: Kysely<Database>,
  vault: Pick<NodeTokenVault, 'open'>,
): Promise<void> {
  if (!(await hasDueJob(db, 'sandbox'))) return;
  const nodes = await readDispatchNodes(db, vault);
  const facts = nodes.map((node) => node.facts);
  const told = await noteWorkspaceWaits(db, facts);
  const others = sql`(j.workspace_id IS NULL OR j.workspace_id <> ALL (${told}::uuid[]))`;
  for (const { kinds, ...wait } of closedKinds(facts)) {
    const isOfThem = sql.join(kinds.map(isOfKind), sql` OR `);
    const which = sql`j.payload ->> 'kind' = 'sandbox' AND (${isOfThem}) AND ${others}`;
    await note(db, which, wait);
  }
}

function withoutProgress({ progress: _progress, ...state }: PmModelState): PmModelState {
  return state;
}

/** What readiness says of it, where that knows more than the reason itself says; how far a download is would write on every task at every look. */
async function sentenceOf(db: Executor, reason: PromptWaitingReason): Promise<string | undefined> {
  // Said of every waiting prompt at every look while another is answered.
  if (reason === 'model_answers_others') return undefined;
  const nodes = await readDispatchNodes(db, unopenedTokens);
  const { selection, availability } = await readPmModelFacts(db);
  const reasons = evaluateReadiness({
    database: 'current',
    bootstrapError: undefined,
    nodes: nodes.map(({ facts }) => facts),
    pmModel: { selection: selection && withoutProgress(selection), availability },
  });
  const found = reasons.find(({ code }) => code === reason);
  return found === undefined ? waitingWords(reason) : `${found.message}; ${found.action}`;
}

/**
 * Says on the tasks of queued prompts what they wait for.
 * See docs/reference/leases.md#which-one-is-chosen.
 */
export async function noteWaitingPrompts(db: Executor, reason: PromptWaitingReason): Promise<void> {
  const text = await sentenceOf(db, reason);
  await note(db, sql`j.payload ->> 'kind' = 'inference'`, { reason, text });
}

import {
  type AgentCall,
  agentInferenceRoutes,
  controlPlaneRoutes as routes,
} from '@cynodeai/contracts/control-plane';
import { CallError, type HttpClient, callRoute } from '@cynodeai/runtime/call';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../../../src/adapters/postgres/tables.ts';

/** Of what runs workflows. */
export const runnerToken = 'a-token-of-what-runs-workflows';

/** A call with little in it. */
export const planCall = (change: Partial<AgentCall['routing']> = {}): AgentCall => ({
  routing: { agent: 'project_manager', purpose: 'plan', ...change },
  messages: [{ role: 'user', content: 'What now? SECRET-WORDS' }],
});

/** Calls of agents, as what runs workflows makes them. */
export class AgentCaller {
  readonly #url: string;
  readonly #http: HttpClient;

  constructor(url: string, http: HttpClient) {
    this.#url = url;
    this.#http = http;
  }

  async ask(call: AgentCall, bearer = runnerToken, signal?: AbortSignal) {
    const how = { ...this.#how(bearer), signal };
    return (await callRoute(agentInferenceRoutes.askModel, { body: call }, how)).body;
  }

  /** The refusal of a call. */
  async refusal(call: AgentCall, bearer?: string): Promise<CallError> {
    try {
      await this.ask(call, bearer);
    } catch (error) {
      if (error instanceof CallError) return error;
      throw error;
    }
    throw new Error('the call was answered');
  }

  async token(body: Parameters<typeof callRoute<typeof routes.issueAgentToken>>[1]['body']) {
    return (await callRoute(routes.issueAgentToken, { body }, this.#how())).body.token;
  }

  async lease(task_id: string) {
    const body = { task_id, holder_id: crypto.randomUUID(), expires_in_sec: 3600 };
    return (await callRoute(routes.startWorkflow, { body }, this.#how())).body;
  }

  #how(bearer = runnerToken) {
    return { baseUrl: this.#url, client: this.#http, bearer, timeoutMs: 120_000 };
  }
}

export type DecisionRow = Readonly<Record<string, unknown>>;

/** What was recorded since, oldest first. */
export async function decisionsSince(
  db: Kysely<Database>,
  since: ReadonlySet<unknown>,
): Promise<readonly DecisionRow[]> {
  const { rows } = await sql<DecisionRow>`
    select * from model_routing_decisions order by created_at, id`.execute(db);
  return rows.filter((row) => !since.has(row['id']));
}

export async function decisionIds(db: Kysely<Database>): Promise<ReadonlySet<unknown>> {
  return new Set((await decisionsSince(db, new Set())).map((row) => row['id']));
}

import { Secret } from '@cynodeai/runtime/config';
import { Shutdown } from '@cynodeai/runtime/lifecycle';
import { uuidv7 } from '@cynodeai/runtime/std';
import {
  FakeClock,
  type MemoryLog,
  createTestDatabase,
  memoryLog,
  temporaryDirectory,
} from '@cynodeai/testing';
import { type Kysely, sql } from 'kysely';
import { randomAgentTokens } from '../../../src/adapters/crypto/agent-secrets.ts';
import { secretVault } from '../../../src/adapters/crypto/job-secrets.ts';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { postgresAgentTokens } from '../../../src/adapters/postgres/mcp/agent-tokens.ts';
import { postgresRunContexts } from '../../../src/adapters/postgres/mcp/sessions-and-contexts.ts';
import { tellPublicKey } from '../../../src/adapters/postgres/secrets/public-key.ts';
import type { Database } from '../../../src/adapters/postgres/tables.ts';
import {
  type AgentTokenRequest,
  type IssuedAgentToken,
  issueAgentToken,
} from '../../../src/app/mcp/agent-tokens.ts';
import { type McpGatewayOverrides, startMcpGateway } from '../../../src/processes/mcp-gateway.ts';

const signingKey = 'a key of tests that signs, of no worth elsewhere';

/** A gateway in this process, served over real HTTP from a database of its own. */
export interface TestMcpGateway extends AsyncDisposable {
  readonly url: string;
  readonly db: Kysely<Database>;
  readonly databaseUrl: string;
  readonly clock: FakeClock;
  readonly log: MemoryLog;
  /** Ends it as a stop signal would, and starts another one at the same port. */
  restart(): Promise<void>;
}

interface Served {
  readonly port: number;
  stop(): Promise<void>;
}

async function serve(
  env: Readonly<Record<string, string>>,
  overrides: McpGatewayOverrides,
  log: MemoryLog,
): Promise<Served> {
  const stop = new AbortController();
  const shutdown = new Shutdown(log);
  const scope = { signal: stop.signal, shutdown, log, fail: () => {} };
  const { port } = await startMcpGateway(env, scope, overrides);
  return {
    port,
    stop: async () => {
      stop.abort();
      if (!(await shutdown.close())) throw new Error(`it did not stop cleanly: ${log.text()}`);
    },
  };
}

/** Starts one, on a database of its own or beside who has one. */
export async function startTestMcpGateway(
  overrides: McpGatewayOverrides = {},
  shared?: { readonly url: string },
): Promise<TestMcpGateway> {
  const own = shared === undefined ? await createTestDatabase() : undefined;
  const databaseUrl = shared?.url ?? own?.url ?? '';
  const directory = await temporaryDirectory();
  const log = memoryLog();
  const clock = new FakeClock(new Date());
  const envAt = (port: number): Readonly<Record<string, string>> => ({
    DATABASE_URL: databaseUrl,
    JWT_SECRET: signingKey,
    ARTIFACT_STORAGE_DIR: `${directory.path}/artifacts`,
    MCP_GATEWAY_LISTEN_ADDR: `127.0.0.1:${port}`,
  });
  let served = await serve(envAt(0), { clock, ...overrides }, log);
  const { port } = served;
  const db = openDatabase({ url: databaseUrl, applicationName: 'test', log });
  if (shared === undefined)
    await tellPublicKey(db, secretVault(new Secret('k'.repeat(32))).publicKey);
  return {
    url: `http://127.0.0.1:${port}/v1/mcp`,
    db,
    databaseUrl,
    clock,
    log,
    restart: async () => {
      await served.stop();
      served = await serve(envAt(port), { clock, ...overrides }, log);
    },
    [Symbol.asyncDispose]: async () => {
      await served.stop();
      await db.destroy();
      await own?.close();
      await directory.remove();
    },
  };
}

/** A user who is there. */
export async function addUser({ db }: TestMcpGateway, handle: string): Promise<string> {
  const id = uuidv7();
  await db
    .insertInto('users')
    .values({ id, handle, email: null, external_source: null, external_id: null })
    .execute();
  return id;
}

/** A task of a user, with a job and a run. */
export interface TestWork {
  readonly userId: string;
  readonly taskId: string;
  readonly jobId: string;
  readonly runId: string;
}

export async function addWork({ db }: TestMcpGateway, userId: string): Promise<TestWork> {
  const [taskId, jobId, runId] = [uuidv7(), uuidv7(), uuidv7()];
  await sql`
    insert into tasks (id, created_by, name, prompt, status) values
      (${taskId}::uuid, ${userId}::uuid, ${`task-${taskId.slice(-6)}`}, 'say hello', 'running')`.execute(
    db,
  );
  await sql`
    insert into jobs (id, task_id, status, payload) values
      (${jobId}::uuid, ${taskId}::uuid, 'queued', '{"kind": "inference", "input_mode": "prompt", "target": "local"}')`.execute(
    db,
  );
  await sql`
    insert into runs (id, task_id, job_id, status) values (${runId}::uuid, ${taskId}::uuid, ${jobId}::uuid, 'running')`.execute(
    db,
  );
  return { userId, taskId, jobId, runId };
}

/** A token of an agent, made as the product makes it. */
export function issue(
  { db, clock }: TestMcpGateway,
  request: AgentTokenRequest,
): Promise<IssuedAgentToken> {
  return issueAgentToken(
    { tokens: postgresAgentTokens(db), secrets: randomAgentTokens, clock },
    request,
  );
}

/** Tokens of all three kinds of agents for one piece of work, and the context of the Project Manager. */
export async function agentsOf(gateway: TestMcpGateway, work: TestWork) {
  const audience = 'mcp';
  const projectId = undefined;
  const deadline = new Date(gateway.clock.now().getTime() + 3_600_000);
  const { userId, taskId, jobId } = work;
  const bound = { audience, userId, taskId, projectId } as const;
  const contextId = await openContext(gateway, { userId, taskId });
  const [manager, analyst, sandbox] = await Promise.all([
    issue(gateway, { agent: 'project_manager', audience }),
    issue(gateway, { agent: 'project_analyst', ...bound }),
    issue(gateway, { agent: 'sandbox', ...bound, jobId, deadline }),
  ]);
  return {
    project_manager: { token: manager.token, contextId },
    project_analyst: { token: analyst.token, contextId: undefined },
    sandbox: { token: sandbox.token, contextId: undefined },
  } as const;
}

/** A run context of a Project Manager, for a task or for a chat. */
export async function openContext(
  { db, clock }: TestMcpGateway,
  { userId, taskId }: { readonly userId: string; readonly taskId?: string },
): Promise<string> {
  const id = uuidv7();
  const at = clock.now();
  await postgresRunContexts(db).open({
    id,
    userId,
    taskId,
    projectId: undefined,
    runId: undefined,
    expiresAt: new Date(at.getTime() + 3_600_000),
    at,
  });
  return id;
}

/** Rows of the audit log of tool calls, oldest first. */
export async function auditRows({ db }: TestMcpGateway) {
  const { rows } = await sql<{
    readonly tool_name: string;
    readonly decision: string;
    readonly status: string;
    readonly error_type: string | null;
    readonly task_id: string | null;
    readonly job_id: string | null;
    readonly run_id: string | null;
    readonly user_id: string | null;
    readonly agent_type: string;
    readonly completed_at: Date | null;
    readonly reason: string | null;
  }>`select * from mcp_tool_call_audit_log order by seq`.execute(db);
  return rows;
}

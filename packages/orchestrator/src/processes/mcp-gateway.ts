import type { Env } from '@cynodeai/runtime/config';
import { bindHealthRoutes, createHttpServer } from '@cynodeai/runtime/http';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { type Clock, systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { hmacSessionIds, randomAgentTokens } from '../adapters/crypto/agent-secrets.ts';
import { hmacSeal } from '../adapters/crypto/user-tokens.ts';
import { watchedDisks } from '../adapters/disk/watched-disks.ts';
import { problemOf } from '../adapters/http/problems.ts';
import { bindMcp } from '../adapters/mcp/bind-mcp.ts';
import { lazyProtocol } from '../adapters/mcp/mcp-protocol.ts';
import type { McpFixtures } from '../adapters/mcp/mcp-server.ts';
import { openDatabase } from '../adapters/postgres/database.ts';
import { postgresAgentTokens } from '../adapters/postgres/mcp/agent-tokens.ts';
import { postgresCallLog } from '../adapters/postgres/mcp/call-log.ts';
import { postgresFindScope } from '../adapters/postgres/mcp/find-scope.ts';
import { forgetEndedJobs } from '../adapters/postgres/mcp/memories.ts';
import {
  postgresMcpSessions,
  postgresRunContexts,
} from '../adapters/postgres/mcp/sessions-and-contexts.ts';
import { postgresToolEffects } from '../adapters/postgres/mcp/tool-effects.ts';
import { expectedSchemaVersion } from '../adapters/postgres/migrate.ts';
import { NotificationListener } from '../adapters/postgres/notifications.ts';
import { postgresAccessRules } from '../adapters/postgres/policy/access-rules.ts';
import { postgresReadinessProbe } from '../adapters/postgres/readiness/readiness-probe.ts';
import { readSettings } from '../adapters/postgres/settings/read-settings.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { postgresTaskSignals } from '../adapters/postgres/tasks/task-signals.ts';
import { agentTools } from '../app/mcp/agent-tools.ts';
import type { CallToolDeps } from '../app/mcp/call-tool.ts';
import { type RegisteredTool, registryOf } from '../app/mcp/tool-registry.ts';
import { ToolSwitches, gatewaySettingKeys } from '../app/mcp/tool-switches.ts';
import { readinessCheck } from '../app/readiness/check-readiness.ts';
import { CallRate } from '../domain/mcp/call-rate.ts';
import type { CallLog } from '../ports/mcp.ts';
import { agentToolParts } from './agent-tool-parts.ts';
import { contentConfigOf, openContent } from './open-content.ts';
import { type McpGatewayConfig, mcpGatewayConfig } from './mcp-gateway-config.ts';
import { startListening } from './start-listening.ts';
import { type Sweep, startSweeps } from './sweeps.ts';

const applicationName = 'cynode-mcp-gateway';
const version = '0.1.0';
const sweepEveryMs = 60_000;
/** Below the time a tool has, so that a statement ends before its tool is given up. */
const statementTimeoutMs = 20_000;
/** How long a token is kept after its end, for those who ask what it was. */
const keepTokensMs = 24 * 3600_000;

/** Of what keeps the orchestrator from being ready, what keeps agents out: everything else is not the door's matter. */
const doorReasons: ReadonlySet<string> = new Set(['database_unavailable', 'schema_not_current']);

/** What tests put in place of the real thing or add to it. */
export interface McpGatewayOverrides {
  readonly clock?: Clock;
  readonly tools?: readonly RegisteredTool[];
  readonly fixtures?: McpFixtures;
  /** Around the audit log, for what happens when it fails. */
  readonly calls?: (calls: CallLog) => CallLog;
}

export interface RunningMcpGateway {
  /** The port in use. */
  readonly port: number;
}

function callDeps(
  db: Kysely<Database>,
  config: McpGatewayConfig,
  listener: NotificationListener,
  { log, shutdown }: ProcessScope,
  overrides: McpGatewayOverrides,
): CallToolDeps {
  const clock = overrides.clock ?? systemClock;
  const content = contentConfigOf(config);
  const parts = agentToolParts(db, {
    blobs: openContent(content, db, clock, { shutdown }).content,
    disk: watchedDisks({ directories: [content.directory], log }),
    signals: postgresTaskSignals(listener),
    seal: hmacSeal(config.JWT_SECRET),
    clock,
  });
  const keys = Object.values(gatewaySettingKeys);
  const calls = postgresCallLog(db, postgresToolEffects);
  return {
    registry: registryOf(agentTools(parts), overrides.tools),
    switches: new ToolSwitches(() => readSettings(db, keys), clock),
    findScope: postgresFindScope(db),
    access: { rules: postgresAccessRules(db), log },
    rate: new CallRate(),
    calls: overrides.calls?.(calls) ?? calls,
    clock,
    log,
  };
}

function sweepsOf(db: Kysely<Database>, clock: Clock): readonly Sweep[] {
  const removeFrom =
    (stored: { removeExpired(before: Date): Promise<number> }) => (): Promise<number> =>
      stored.removeExpired(new Date(clock.now().getTime() - keepTokensMs));
  return [
    {
      what: 'tokens of agents',
      everyMs: sweepEveryMs,
      run: removeFrom(postgresAgentTokens(db)),
    },
    {
      what: 'contexts of agents',
      everyMs: sweepEveryMs,
      run: removeFrom(postgresRunContexts(db)),
    },
    { what: 'memories of ended jobs', everyMs: sweepEveryMs, run: () => forgetEndedJobs(db) },
  ];
}

/**
 * Starts the MCP gateway: the door of agents. It never migrates, and calls no node.
 * See docs/reference/mcp.md and docs/reference/processes.md#start-and-stop.
 * @throws ConfigError for an unusable environment.
 */
export async function startMcpGateway(
  env: Env,
  scope: ProcessScope,
  overrides: McpGatewayOverrides = {},
): Promise<RunningMcpGateway> {
  const config = mcpGatewayConfig(env);
  const { log, shutdown } = scope;
  const clock = overrides.clock ?? systemClock;
  const url = config.DATABASE_URL.reveal();
  const db = openDatabase({ url, applicationName, statementTimeoutMs, log });
  shutdown.add('close database', () => db.destroy());
  const listener = new NotificationListener({ url, applicationName, log });
  shutdown.add('close notifications', () => listener.close());
  const listening = startListening(listener, scope);
  startSweeps(sweepsOf(db, clock), scope);
  const server = await createHttpServer({
    log,
    readTimeoutMs: config.READ_TIMEOUT,
    writeTimeoutMs: config.WRITE_TIMEOUT,
    idleTimeoutMs: config.IDLE_TIMEOUT,
    maxHeaderBytes: config.MAX_HEADER_BYTES,
    hosts: { names: [...config.ALLOWED_HOSTS, config.listen.host] },
    maxConnectionsPerAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
    mapError: problemOf,
  });
  const expectedVersion = await expectedSchemaVersion(config.MIGRATIONS_DIR);
  const probe = postgresReadinessProbe(db, { expectedVersion });
  const readiness = readinessCheck({ probe, sleep });
  bindHealthRoutes(
    server,
    async () => (await readiness()).filter(({ code }) => doorReasons.has(code)),
    config.INSTALL_PROOF_KEY,
  );
  const calls = callDeps(db, config, listener, scope, overrides);
  const { fixtures } = overrides;
  const protocol = lazyProtocol(async () => {
    const { mcpProtocol } = await import('../adapters/mcp/mcp-server.ts');
    return mcpProtocol({ calls, version, fixtures, log });
  });
  const agents = {
    tokens: postgresAgentTokens(db),
    secrets: randomAgentTokens,
    sessionIds: hmacSessionIds(config.JWT_SECRET),
    sessions: postgresMcpSessions(db),
    clock,
  };
  bindMcp(server, { protocol, agents, clock });
  // Calls under way come to their rows before the database is closed.
  shutdown.add('end calls of tools', () => protocol.close(), 35_000);
  shutdown.add('close mcp gateway', () => server.close(), 30_000);
  const port = await server.listen(config.listen);
  log.info('mcp gateway listens', { host: config.listen.host, port });
  await Promise.race([listening, sleep(1000, scope.signal)]);
  return { port };
}

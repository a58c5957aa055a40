/**
 * The MCP gateway of the product with one more tool, which echoes. Its input is its life; it prints its port and a
 * token of a Project Manager.
 */
import process from 'node:process';
import { Shutdown } from '@cynodeai/runtime/lifecycle';
import { systemClock } from '@cynodeai/runtime/std';
import { silentLog as log } from '@cynodeai/runtime/observe';
import { sql } from 'kysely';
import { z } from 'zod';
import { randomAgentTokens } from '../../packages/orchestrator/src/adapters/crypto/agent-secrets.ts';
import { openDatabase } from '../../packages/orchestrator/src/adapters/postgres/database.ts';
import { postgresAgentTokens } from '../../packages/orchestrator/src/adapters/postgres/mcp/agent-tokens.ts';
import { issueAgentToken } from '../../packages/orchestrator/src/app/mcp/agent-tokens.ts';
import type { RegisteredTool } from '../../packages/orchestrator/src/app/mcp/tool-registry.ts';
import { startMcpGateway } from '../../packages/orchestrator/src/processes/mcp-gateway.ts';
import { echoTool } from './mcp-echo.ts';

const echo: RegisteredTool = {
  tool: {
    name: echoTool,
    summary: 'Answers with its argument',
    agents: { project_manager: 'yes', project_analyst: 'yes', sandbox: 'yes' },
    scope: 'both',
    work: 'read',
    input: z.strictObject({ text: z.string() }),
    result: z.object({ text: z.string() }),
  },
  handler: { work: 'read', run: async (_call, { text }) => ({ text }) },
};

const url = process.env['DATABASE_URL'] ?? '';
const shutdown = new Shutdown(log);
const stop = new AbortController();
const db = openDatabase({ url, applicationName: 'bench', log });
await sql`
  insert into system_settings (key, value, value_type, version, updated_by)
  values ('mcp.rate.pm_per_minute', '1000000', 'number', 1, 'bench') on conflict do nothing`.execute(
  db,
);
const { token } = await issueAgentToken(
  { tokens: postgresAgentTokens(db), secrets: randomAgentTokens, clock: systemClock },
  { agent: 'project_manager', audience: 'mcp' },
);
const { port } = await startMcpGateway(
  {
    DATABASE_URL: url,
    JWT_SECRET: process.env['JWT_SECRET'],
    ARTIFACT_STORAGE_DIR: process.env['ARTIFACT_STORAGE_DIR'],
    MCP_GATEWAY_LISTEN_ADDR: '127.0.0.1:0',
  },
  { signal: stop.signal, shutdown, log, fail: () => {} },
  { tools: [echo] },
);
process.stdout.write(`${port}\n${token}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  stop.abort();
  void Promise.all([shutdown.close(), db.destroy()]);
});

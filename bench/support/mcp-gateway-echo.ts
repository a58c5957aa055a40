/**
 * The MCP gateway of the product with one more tool, which echoes. Its input is its life; it prints its port and a
 * token of a Project Manager.
 */
import process from 'node:process';
import { Shutdown } from '@cynodeai/runtime/lifecycle';
import { systemClock } from '@cynodeai/runtime/std';
import { silentLog as log } from '@cynodeai/runtime/observe';
import pg from 'pg';
import { randomAgentTokens } from '../../packages/orchestrator/src/adapters/crypto/agent-secrets.ts';
import { openDatabase } from '../../packages/orchestrator/src/adapters/postgres/database.ts';
import { postgresAgentTokens } from '../../packages/orchestrator/src/adapters/postgres/mcp/agent-tokens.ts';
import { issueAgentToken } from '../../packages/orchestrator/src/app/mcp/agent-tokens.ts';
import { startMcpGateway } from '../../packages/orchestrator/src/processes/mcp-gateway.ts';
import { echoTool } from '../../packages/orchestrator/test/mcp-gateway/support/echo-tool.ts';
import { echoName } from './mcp-echo.ts';

const url = process.env['DATABASE_URL'] ?? '';
const shutdown = new Shutdown(log);
const stop = new AbortController();
const db = openDatabase({ url, applicationName: 'bench', log });
const settings = new pg.Client({ connectionString: url });
await settings.connect();
await settings.query(`
  insert into system_settings (key, value, value_type, version, updated_by)
  values ('mcp.rate.pm_per_minute', '1000000', 'number', 1, 'bench') on conflict do nothing`);
await settings.end();
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
  { tools: [echoTool(echoName)] },
);
process.stdout.write(`${port}\n${token}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  stop.abort();
  void Promise.all([shutdown.close(), db.destroy()]);
});

import type { Env } from '@cynodeai/runtime/config';
import { HttpClient } from '@cynodeai/runtime/call';
import { bindHealthRoutes, createHttpServer } from '@cynodeai/runtime/http';
import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { bindRuns } from '../adapters/http/bind-runs.ts';
import { loadInstructions } from '../adapters/instructions/load-instructions.ts';
import { TaskRuns } from '../app/task-runs.ts';
import { agentsConfig } from './agents-config.ts';
import { taskRunner } from './task-runner.ts';

/** Of this start of the process and of no other. */
function newHolderId(): string {
  return `${hostname().slice(0, 100)}-${process.pid}-${randomBytes(8).toString('hex')}`;
}

/**
 * Starts what runs workflows, with the agents that work in them. It knows no database, no node and no model.
 * See docs/reference/workflow.md#agents.
 * @throws ConfigError for an unusable environment, and for one that tells what agents must not know
 */
export async function startAgents(
  env: Env,
  scope: ProcessScope,
): Promise<{ readonly port: number }> {
  const config = agentsConfig(env);
  const { log, shutdown } = scope;
  const client = new HttpClient();
  shutdown.add('close connections', () => client.close());
  const token = config.WORKFLOW_RUNNER_BEARER_TOKEN;
  const instructions = await loadInstructions({
    root: config.PMA_INSTRUCTIONS_ROOT,
    projectManager: config.PMA_INSTRUCTIONS_PROJECT_MANAGER,
    projectAnalyst: config.PMA_INSTRUCTIONS_PROJECT_ANALYST,
  });
  const holderId = newHolderId();
  const run = taskRunner({ config, instructions, holderId, client, log });
  const runs = new TaskRuns({ run, atOnce: config.WORKFLOW_TASKS_AT_ONCE, log });
  shutdown.add('give workflows back', () => runs.close(), 10_000);
  const server = await createHttpServer({
    log,
    readTimeoutMs: config.READ_TIMEOUT,
    writeTimeoutMs: config.WRITE_TIMEOUT,
    idleTimeoutMs: config.IDLE_TIMEOUT,
    maxHeaderBytes: config.MAX_HEADER_BYTES,
    hosts: { names: [...config.ALLOWED_HOSTS, config.listen.host] },
    maxConnectionsPerAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
  });
  bindHealthRoutes(server, async () => []);
  bindRuns(server, token, runs);
  shutdown.add('close agents', () => server.close(), 10_000);
  const port = await server.listen(config.listen);
  log.info('agents listen', { host: config.listen.host, port });
  return { port };
}

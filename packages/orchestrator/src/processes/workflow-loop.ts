import type { HttpServer } from '@cynodeai/runtime/http';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { elapsedMs, systemClock, uuidv7 } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { randomAgentTokens } from '../adapters/crypto/agent-secrets.ts';
import { bindInference } from '../adapters/http/control-plane/workflow/bind-inference.ts';
import { bindWorkflow } from '../adapters/http/control-plane/workflow/bind-workflow.ts';
import { postgresAgentTokens } from '../adapters/postgres/mcp/agent-tokens.ts';
import { type NotificationListener, channels } from '../adapters/postgres/notifications.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { postgresRoutingDecisions } from '../adapters/postgres/routing/decisions.ts';
import { postgresRoutingReader } from '../adapters/postgres/routing/routing-reader.ts';
import { postgresTransactWorkflow } from '../adapters/postgres/workflow/transact-workflow.ts';
import { postgresWaitingWorkflows } from '../adapters/postgres/workflow/waiting-workflows.ts';
import { runnerClient } from '../adapters/workflow/runner-client.ts';
import { Ticker } from '../app/loops/ticker.ts';
import type { AskModelDeps } from '../app/models/ask-model.ts';
import { ModelPlaces } from '../app/models/model-places.ts';
import { nudgeRunner } from '../app/workflow/nudge-runner.ts';
import type { ControlPlaneConfig } from './control-plane-config.ts';
import type { ControlPlaneHttp } from './control-plane-http.ts';

/** Shortest pause between two looks that nothing woke, ms. */
const leastMs = 250;

type WorkflowConfig = Pick<
  ControlPlaneConfig,
  'WORKFLOW_RUNNER_BEARER_TOKEN' | 'WORKFLOW_RUNNER_URL'
>;
type DoorConfig = Pick<
  ControlPlaneConfig,
  'WORKFLOW_RUNNER_BEARER_TOKEN' | 'INFERENCE_TIMEOUT_SECONDS' | 'WRITE_TIMEOUT'
>;

/** An answer is on its way that long before the server gives up its connection, ms. */
const answerSlackMs = 10_000;

/** The calls of what runs workflows; without its token there are none. See docs/reference/workflow.md#calls. */
export function openWorkflowDoor(
  server: HttpServer,
  config: DoorConfig,
  { db, model }: { readonly db: Kysely<Database>; readonly model: AskModelDeps },
  { log, signal: stop }: Pick<ProcessScope, 'log' | 'signal'>,
): void {
  const { WORKFLOW_RUNNER_BEARER_TOKEN: token } = config;
  if (token === undefined) return;
  const transact = postgresTransactWorkflow(db);
  const agents = { tokens: postgresAgentTokens(db), secrets: randomAgentTokens };
  const door = { clock: systemClock, token, ...agents };
  bindWorkflow(server, { ...door, transact, newId: uuidv7 });
  bindInference(server, {
    ...door,
    model,
    routing: postgresRoutingReader(db),
    decisions: postgresRoutingDecisions(db),
    places: new ModelPlaces(),
    monotonicMs: elapsedMs,
    log: log.child({ module: 'inference' }),
    firstWordMs: config.INFERENCE_TIMEOUT_SECONDS * 1000,
    longestMs: Math.max(1000, config.WRITE_TIMEOUT - answerSlackMs),
    stop,
  });
}

/** Tells what runs workflows of tasks that nobody runs. See docs/reference/workflow.md#nudge. */
export function startWorkflowLoop(
  { WORKFLOW_RUNNER_BEARER_TOKEN: token, WORKFLOW_RUNNER_URL: baseUrl }: WorkflowConfig,
  parts: {
    readonly db: Kysely<Database>;
    readonly http: ControlPlaneHttp;
    readonly listener: NotificationListener;
  },
  scope: ProcessScope,
): void {
  if (token === undefined || baseUrl === undefined) return;
  const log = scope.log.child({ module: 'workflow' });
  const stop = new AbortController();
  const runner = runnerClient({ baseUrl, token, client: parts.http });
  const waiting = postgresWaitingWorkflows(parts.db);
  let nextMs = leastMs;
  const ticker = new Ticker({ name: 'care of workflows', pollMs: () => nextMs, log, sleep });
  parts.listener.on(channels.workflows, () => ticker.wake());
  parts.listener.onReconnect(() => ticker.wake());
  const running = ticker.run(async () => {
    nextMs = Math.max(leastMs, await nudgeRunner({ waiting, runner, log, signal: stop.signal }));
  }, stop.signal);
  scope.shutdown.add('care of workflows', async () => {
    stop.abort();
    await running;
  });
}

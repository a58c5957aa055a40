import type { ReadinessReason } from '@cynodeai/contracts/common';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, bindHealthRoutes } from '@cynodeai/runtime/http';
import type { Collector } from '@cynodeai/runtime/observe';
import type { AuditQueue } from '../../../app/audit/audit-queue.ts';
import { currentActor } from '../../../app/auth/authenticate.ts';
import type { LoginDeps } from '../../../app/auth/login.ts';
import type { CreateTaskOnceDeps } from '../../../app/tasks/create-task-once.ts';
import type { ListTasksDeps } from '../../../app/tasks/list-tasks.ts';
import type { PruneTasksDeps } from '../../../app/tasks/prune-tasks.ts';
import type { ArtifactDeps } from '../../../app/tasks/list-artifacts.ts';
import type { CallerTasks, TaskReader, TaskSignals } from '../../../ports/tasks.ts';
import type { StoredInputs } from '../../../ports/stored-inputs.ts';
import type { Refusals } from '../../../ports/refusals.ts';
import { followCalls } from './audited-calls.ts';
import { bindLocalSession } from './auth/local.ts';
import { bindLogin } from './auth/login.ts';
import { bindLogout } from './auth/logout.ts';
import { bindRefresh } from './auth/refresh.ts';
import { type CallerGuard, callerGuard } from './caller.ts';
import { bindOpenApi } from './meta/openapi.ts';
import { bindArchiveArtifacts } from './tasks/artifacts-archive.ts';
import { bindGetArtifact } from './tasks/artifacts-get.ts';
import { bindListArtifacts } from './tasks/artifacts-list.ts';
import { bindCancelTask } from './tasks/cancel.ts';
import { bindCreateTask } from './tasks/create.ts';
import { bindDeleteTask } from './tasks/delete.ts';
import { bindTaskEvents } from './tasks/events.ts';
import { bindGetTask } from './tasks/get.ts';
import { bindListTasks } from './tasks/list.ts';
import { bindTaskLogs } from './tasks/logs.ts';
import { bindPruneTasks } from './tasks/prune.ts';
import { bindRerunTask } from './tasks/rerun.ts';
import { bindTaskResult } from './tasks/result.ts';

/** Serves the routes of one resource for callers the guard lets in. */
export type BindResource = (server: HttpServer, guard: CallerGuard) => void;

/** Everything the gateway's routes are made of; each route gets only its part. */
export interface UserGatewayParts {
  readonly version: string;
  readonly auth: LoginDeps;
  readonly creation: CreateTaskOnceDeps;
  readonly inputs: StoredInputs;
  readonly pruning: PruneTasksDeps;
  readonly listing: ListTasksDeps;
  /** Resources that stand by themselves; each brings what it is made of. */
  readonly resources: readonly BindResource[];
  readonly tasks: TaskReader;
  readonly callerTasks: CallerTasks;
  readonly artifacts: Omit<ArtifactDeps, 'tasks'>;
  readonly signals: TaskSignals;
  readonly auditQueue: AuditQueue;
  readonly refusals: Refusals;
  readonly readiness: () => Promise<readonly ReadinessReason[]>;
  /** By which it proves whose gateway it is; absent: it does not. */
  readonly proofKey?: Secret | undefined;
  /** Find what it tells in its metrics beside requests and process. */
  readonly collectors: readonly Collector[];
  /** Fires when the process stops. */
  readonly stopping: AbortSignal;
}

/** Serves every route of the User API Gateway. See docs/reference/http.md. */
export function bindUserGateway(server: HttpServer, parts: UserGatewayParts): void {
  const { auth, tasks, callerTasks, signals, stopping } = parts;
  const calls = followCalls(server, parts.auditQueue, parts.refusals, auth.clock);
  const guard = callerGuard(server, auth, calls);
  bindHealthRoutes(server, parts.readiness, parts.proofKey, parts.collectors);
  bindOpenApi(server, parts.version);
  bindLogin(server, auth);
  bindLocalSession(server, auth, parts.proofKey);
  bindRefresh(server, auth);
  bindLogout(server, auth);
  for (const bindResource of parts.resources) bindResource(server, guard);
  bindCreateTask(server, guard, parts.creation);
  bindListTasks(server, guard, parts.listing);
  bindGetTask(server, guard, callerTasks);
  bindTaskResult(server, guard, { tasks, callerTasks, signals }, stopping);
  bindTaskLogs(server, guard, callerTasks);
  bindListArtifacts(server, guard, { ...parts.artifacts, tasks });
  bindArchiveArtifacts(server, guard, { ...parts.artifacts, tasks });
  bindGetArtifact(server, guard, { ...parts.artifacts, tasks });
  const recheck = currentActor.bind(undefined, auth);
  bindTaskEvents(server, guard, { tasks, signals, recheck }, stopping);
  bindCancelTask(server, guard, parts.creation);
  const { blobs: files } = parts.artifacts;
  bindRerunTask(server, guard, { ...parts.creation, tasks, inputs: parts.inputs, files });
  bindDeleteTask(server, guard, parts.pruning);
  bindPruneTasks(server, guard, parts.pruning);
}

import { constantTimeEqual } from '@cynodeai/runtime/crypto';
import type { CurrentConfig } from '../../app/node/current-config.ts';
import { WorkerError } from '../../domain/errors.ts';

/** The token in effect; asked at each request. */
export type TokenSource = Pick<CurrentConfig, 'token'>;

/** The part of readiness that requests ask for. */
export interface ReadinessView {
  /** Why the node is not ready, or undefined when it is. */
  reason(): string | undefined;
  readonly shuttingDown: boolean;
}

/** Refuses a caller that does not present the orchestrator's token. @throws WorkerError `authentication`. REQ-WORKER-0100, REQ-WORKER-0101 */
export function requireToken(config: TokenSource, authorization: string | undefined): void {
  const presented = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  if (constantTimeEqual(presented, config.token)) return;
  throw new WorkerError('authentication', 'present the Worker API token of this node');
}

/** Refuses work while the node is not ready. @throws WorkerError `node_not_ready`, `node_shutting_down` */
export function requireReady(readiness: ReadinessView): void {
  const reason = readiness.reason();
  if (reason === undefined) return;
  throw readiness.shuttingDown
    ? new WorkerError('node_shutting_down', 'the node is shutting down')
    : new WorkerError('node_not_ready', `not ready: ${reason}`);
}

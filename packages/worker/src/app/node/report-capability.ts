import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { comparablePart } from '../../domain/capability/report.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { Timer } from '../../ports/timer.ts';
import type { OrchestratorSession } from './orchestrator-session.ts';

export interface ReportCapabilityDeps {
  readonly session: OrchestratorSession;
  readonly report: () => Promise<NodeCapabilityReport>;
  readonly hash: (value: unknown) => string;
  /** Fires when a report must not wait for the next look; a fresh report rearms it. */
  readonly changes: () => AbortSignal;
  /** Repeats the ack; a new registration makes the orchestrator forget it. */
  readonly acknowledgeAgain: () => Promise<void>;
  readonly timer: Timer;
  readonly log: Log;
  /** Longest time between two reports, ms; each is also the heartbeat. */
  readonly intervalMs: number;
  /** How often the node looks whether something has changed, ms. */
  readonly lookMs: number;
}

/** Sends reports until the signal fires: every interval, and at once when anything but the time has changed. */
class Reporter {
  readonly #deps: ReportCapabilityDeps;
  #sentHash: string | undefined;
  #sentAt: number;
  #acknowledged: number;

  constructor(deps: ReportCapabilityDeps) {
    this.#deps = deps;
    this.#sentAt = deps.timer.elapsedMs();
    this.#acknowledged = deps.session.registrations;
  }

  async look(): Promise<void> {
    const { timer, hash, intervalMs } = this.#deps;
    const report = await this.#deps.report();
    const current = hash(comparablePart(report));
    const due = timer.elapsedMs() - this.#sentAt >= intervalMs;
    if (!due && current === this.#sentHash) return;
    await this.#deps.session.call((orchestrator, signal) => orchestrator.report(report, signal));
    this.#sentHash = current;
    this.#sentAt = timer.elapsedMs();
    await this.#acknowledgeNewRegistration();
  }

  async #acknowledgeNewRegistration(): Promise<void> {
    const { session } = this.#deps;
    if (session.registrations === this.#acknowledged) return;
    try {
      await this.#deps.acknowledgeAgain();
    } catch (cause) {
      if (!(cause instanceof NodeError) || cause.code !== 'orchestrator_refused') throw cause;
      const message = 'the orchestrator does not know the applied configuration; restart the node';
      throw new NodeError('configuration_failed', message, { cause });
    }
    this.#acknowledged = session.registrations;
  }
}

/** Whether the node has no standing any more, so that trying again at the next interval cannot help. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof NodeError &&
    (error.code === 'orchestrator_denied' || error.code === 'configuration_failed')
  );
}

/**
 * The node's heartbeat. An unreachable orchestrator is only logged; one that does not accept this
 * node any more ends it. See docs/reference/nodes.md#start-of-a-node and
 * docs/reference/nodes.md#capability-report.
 * @throws NodeError `orchestrator_denied`, `configuration_failed`
 */
export async function reportCapability(
  deps: ReportCapabilityDeps,
  signal: AbortSignal,
): Promise<void> {
  const reporter = new Reporter(deps);
  for (;;) {
    const pause = AbortSignal.any([signal, deps.changes()]);
    await deps.timer.sleep(Math.min(deps.lookMs, deps.intervalMs), pause);
    if (signal.aborted) return;
    try {
      await reporter.look();
    } catch (error) {
      if (signal.aborted) return;
      if (isFinal(error)) throw error;
      deps.log.warn('capability report was not delivered', { reason: messageOf(error) });
    }
  }
}

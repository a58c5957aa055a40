import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { GatewayAuditLog, GatewayAuditRow } from '../../ports/audit.ts';

const batchRows = 200;
const delayMs = 200;
const retryMs = 2000;
const maxWaiting = 50_000;

/**
 * Writes audit rows of reads and refusals in batches, so that no read waits for one. Rows that cannot be written
 * are tried again; when too many wait, the oldest are given up and counted in the log.
 */
export class AuditQueue {
  readonly #target: GatewayAuditLog;
  readonly #log: Log;
  #waiting: GatewayAuditRow[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<boolean> | undefined;

  constructor(target: GatewayAuditLog, log: Log) {
    this.#target = target;
    this.#log = log;
  }

  record(row: GatewayAuditRow): void {
    this.#waiting.push(row);
    if (this.#waiting.length > maxWaiting) {
      const lost = this.#waiting.splice(0, batchRows);
      this.#log.error('audit rows were given up', { count: lost.length });
    }
    this.#schedule(delayMs);
  }

  /** Writes everything that waits now; resolves also when the database refuses, then rows stay queued. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#writing ??= this.#writeBatch().finally(() => (this.#writing = undefined));
      if (!(await this.#writing)) return;
    }
  }

  /** Stops the timer and writes what waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.flush();
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) {
      this.#log.error('audit rows were given up', { count: this.#waiting.length });
    }
  }

  #schedule(ms: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, ms);
  }

  async #writeBatch(): Promise<boolean> {
    const batch = this.#waiting.splice(0, batchRows);
    try {
      await this.#target.append(batch);
      return true;
    } catch (error) {
      this.#log.warn('audit rows could not be written yet', { error: messageOf(error) });
      this.#waiting.unshift(...batch);
      this.#schedule(retryMs);
      return false;
    }
  }
}

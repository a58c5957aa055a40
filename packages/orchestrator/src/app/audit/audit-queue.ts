import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { GatewayAuditLog, GatewayAuditRow } from '../../ports/audit.ts';

const batchRows = 200;
/** A crash loses the rows of this time and of the write under way: 100 ms at most, ms. */
const delayMs = 50;
const retryMs = 2000;
const maxWaiting = 50_000;

interface WaitingRow {
  readonly row: GatewayAuditRow;
  /** Called when the row was written, or when the database refuses it for now. */
  readonly settle?: () => void;
}

/**
 * Writes audit rows in batches: those of reads soon, so that no read waits for one, those of refusals before their
 * answer. Rows that cannot be written are tried again; when too many wait, the oldest are given up and counted in the
 * log.
 */
export class AuditQueue {
  readonly #target: GatewayAuditLog;
  readonly #log: Log;
  #waiting: WaitingRow[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<boolean> | undefined;

  constructor(target: GatewayAuditLog, log: Log) {
    this.#target = target;
    this.#log = log;
  }

  /** Takes a row that may be written a little later. */
  record(row: GatewayAuditRow): void {
    this.#add({ row });
    this.#schedule(delayMs);
  }

  /** Resolves once the row is written; also when the database refuses it, then it is tried again like the others. */
  async write(row: GatewayAuditRow): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#add({ row, settle: resolve });
    void this.flush();
    await promise;
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

  #add(waiting: WaitingRow): void {
    this.#waiting.push(waiting);
    if (this.#waiting.length <= maxWaiting) return;
    const lost = this.#waiting.splice(0, batchRows);
    for (const { settle } of lost) settle?.();
    this.#log.error('audit rows were given up', { count: lost.length });
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
      await this.#target.append(batch.map(({ row }) => row));
      for (const { settle } of batch) settle?.();
      return true;
    } catch (error) {
      this.#log.warn('audit rows could not be written yet', { error: messageOf(error) });
      const waiting = [...batch, ...this.#waiting];
      this.#waiting = waiting.map(({ row }) => ({ row }));
      // No answer waits for a database that is away.
      for (const { settle } of waiting) settle?.();
      this.#schedule(retryMs);
      return false;
    }
  }
}

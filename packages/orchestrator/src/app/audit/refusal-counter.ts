import type { Log } from '@cynodeai/runtime/observe';
import { addressGroup, messageOf } from '@cynodeai/runtime/std';
import {
  type CountedRefusal,
  type Refusal,
  accountOf,
  addCounts,
  firstCounted,
  kindOfRefusal,
} from '../../domain/audit/refusal.ts';
import type { RefusalLog, Refusals } from '../../ports/refusals.ts';

/** Rows of a minute that name an address, and those that name an account; what comes beyond them shares rows. */
const maxGroups = 100;
const minuteMs = 60_000;
/** Until the first refusal of a row is written, and until more are added to it, ms: a crash loses no more. */
const firstMs = 50;
const moreMs = 1000;
const retryMs = 2000;

/** The rows of a minute. It lasts longer while the database is away, so that the memory it takes stays bounded. */
interface Window {
  readonly minute: number;
  readonly strangers: Set<string>;
  readonly accounts: Set<string>;
  readonly keys: Set<string>;
}

/**
 * Counts refusals instead of telling each, so that a flood of them costs no more than a few rows a minute and never
 * takes the place of a row about somebody. See docs/reference/identity-and-policy.md#audit.
 */
export class RefusalCounter implements Refusals {
  readonly #target: RefusalLog;
  readonly #log: Log;
  readonly #pending = new Map<string, CountedRefusal>();
  #window: Window | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #writing: Promise<boolean> | undefined;

  constructor(target: RefusalLog, log: Log) {
    this.#target = target;
    this.#log = log;
  }

  count(refusal: Refusal): void {
    const window = this.#windowAt(refusal.at);
    const key = this.#keyOf(refusal, window);
    this.#add(firstCounted(key, refusal));
    this.#schedule(window.keys.has(key) ? moreMs : firstMs);
    window.keys.add(key);
  }

  /** Writes everything counted so far; resolves also when the database refuses, then the counts are kept. */
  async flush(): Promise<void> {
    while (this.#pending.size > 0) {
      this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
      if (!(await this.#writing)) return;
    }
  }

  /** Stops the timer and writes what was counted. */
  async close(): Promise<void> {
    this.#unschedule();
    await this.#writing;
    await this.flush();
    this.#unschedule();
    if (this.#pending.size > 0) {
      const count = [...this.#pending.values()].reduce((sum, row) => sum + row.count, 0);
      this.#log.error('counted refusals were given up', { count });
    }
  }

  #windowAt(at: Date): Window {
    const minute = Math.floor(at.getTime() / minuteMs);
    const isOver = this.#window !== undefined && minute > this.#window.minute;
    if (this.#window === undefined || (isOver && this.#pending.size === 0)) {
      this.#window = { minute, strangers: new Set(), accounts: new Set(), keys: new Set() };
    }
    return this.#window;
  }

  #keyOf(refusal: Refusal, { minute, strangers, accounts }: Window): string {
    const account = accountOf(refusal);
    const groups = account === undefined ? strangers : accounts;
    const kind = kindOfRefusal(refusal);
    const group = `${kind} ${account ?? addressGroup(refusal.ip) ?? 'unknown'}`;
    if (groups.size < maxGroups) groups.add(group);
    const at = new Date(minute * minuteMs).toISOString().slice(0, 16);
    return `${at} ${groups.has(group) ? group : `${kind} others`}`;
  }

  #add(counted: CountedRefusal): void {
    const held = this.#pending.get(counted.key);
    this.#pending.set(counted.key, held === undefined ? counted : addCounts(held, counted));
  }

  #schedule(ms: number): void {
    const dueAt = performance.now() + ms;
    if (dueAt >= this.#dueAt) return;
    this.#unschedule();
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#dueAt = Infinity;
      void this.flush();
    }, ms);
  }

  #unschedule(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
  }

  async #write(): Promise<boolean> {
    const rows = [...this.#pending.values()];
    this.#pending.clear();
    try {
      await this.#target.add(rows);
      return true;
    } catch (error) {
      this.#log.warn('counted refusals could not be written yet', { error: messageOf(error) });
      const meanwhile = [...this.#pending.values()];
      this.#pending.clear();
      for (const row of [...rows, ...meanwhile]) this.#add(row);
      this.#schedule(retryMs);
      return false;
    }
  }
}

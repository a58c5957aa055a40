import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, messageOf } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import { Client } from 'pg';
import type { Executor } from './database.ts';

/**
 * Channels by meaning. Notifications cut latency only: whoever listens also polls.
 * See docs/reference/processes.md#roles-and-ports.
 */
export const channels = {
  /** Work was queued (payload empty) or a job is to be stopped (payload = job id). */
  jobs: 'cynode_jobs',
  /** Something of a task changed; payload = task id. */
  tasks: 'cynode_task',
  /** Something changed that the choice of the Project Manager's model depends on: a node or a model. */
  models: 'cynode_models',
  /** A system setting changed; payload = its key. */
  settings: 'cynode_settings',
  /** A task waits for its workflow; payload = task id. */
  workflows: 'cynode_workflows',
  /** Workspaces were deleted that lie on nodes. */
  workspaces: 'cynode_workspaces',
} as const;

export type Channel = (typeof channels)[keyof typeof channels];

/** Sends a notification; inside a transaction it is delivered at commit, equal ones once. Payload: less than 8000 bytes. */
export async function notify(executor: Executor, channel: Channel, payload = ''): Promise<void> {
  await sql`SELECT pg_notify(${channel}, ${payload})`.execute(executor);
}

export interface ListenerOptions {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly log: Log;
}

type Listener = (payload: string) => void;

const reconnect = { firstMs: 100, maxMs: 5000, jitter: 0.3 } as const;

/**
 * Hears every channel over one connection of its own and connects again, with backoff, when that is lost.
 * What was sent meanwhile is lost too: `onReconnect` tells waiters to look for themselves.
 */
export class NotificationListener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #listeners = new Map<Channel, Set<Listener>>();
  readonly #reconnected = new Set<() => void>();
  readonly #closed = new AbortController();
  #client: Client | undefined;
  #reconnecting: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Connects and listens. @throws the driver's error when the first connection fails; later ones are repeated. */
  async start(): Promise<void> {
    await this.#connect();
  }

  /** Calls back for every notification of a channel until the returned function is called. */
  on(channel: Channel, listener: Listener): () => void {
    const set = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, set);
    // Wrapped, so that one function registered twice counts twice.
    const entry: Listener = (payload) => listener(payload);
    set.add(entry);
    return () => void set.delete(entry);
  }

  /** Calls back after a lost connection was replaced, until the returned function is called. */
  onReconnect(listener: () => void): () => void {
    const entry = (): void => listener();
    this.#reconnected.add(entry);
    return () => void this.#reconnected.delete(entry);
  }

  /** Stops listening and closes the connection. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#reconnecting;
    await this.#client?.end();
    this.#client = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #connect(): Promise<void> {
    const client = new Client({
      connectionString: this.#options.url,
      application_name: this.#options.applicationName,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
    });
    client.on('error', (error) => {
      this.#options.log.warn('notification connection lost', { error: messageOf(error) });
    });
    try {
      await client.connect();
      for (const channel of Object.values(channels)) await client.query(`LISTEN ${channel}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    client.on('notification', ({ channel, payload }) => this.#deliver(channel, payload ?? ''));
    client.on('end', () => {
      if (!this.#closed.signal.aborted) this.#reconnecting = this.#reconnect();
    });
    this.#client = client;
  }

  async #reconnect(): Promise<void> {
    this.#client = undefined;
    const { signal } = this.#closed;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      await sleep(backoffMs(attempt, Math.random(), reconnect), signal);
      if (signal.aborted) return;
      try {
        await this.#connect();
        this.#options.log.info('notification connection restored', { attempt });
        for (const listener of this.#reconnected) this.#call(listener);
        return;
      } catch (error) {
        this.#options.log.warn('notification connection failed', {
          attempt,
          error: messageOf(error),
        });
      }
    }
  }

  #deliver(channel: string, payload: string): void {
    for (const [name, listeners] of this.#listeners) {
      if (name !== channel) continue;
      for (const listener of listeners) this.#call(() => listener(payload));
    }
  }

  /** A listener that throws must not keep the others from hearing. */
  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#options.log.error('notification listener failed', { error: messageOf(error) });
    }
  }
}

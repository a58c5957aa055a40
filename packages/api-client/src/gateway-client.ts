import { trimEnd } from '@cynodeai/runtime/std';
import { type ReadinessReason, type Route, healthRoutes } from '@cynodeai/contracts/common';
import type { TaskResult, TaskStatus, gatewayRoutes } from '@cynodeai/contracts/gateway';
import {
  HttpClient,
  type CallOptions as RouteCallOptions,
  callRoute,
} from '@cynodeai/runtime/call';
import type { Secret } from '@cynodeai/runtime/config';
import type { CallInput, CallOptions, CallOutput, SparseOutput } from './call-input.ts';
import { GatewayError, gatewayErrorOf } from './gateway-error.ts';
import type { StreamedTaskEvent } from './task-events.ts';

export interface GatewayClientOptions {
  /** Absolute http or https URL; a path and a trailing slash are kept apart from the routes. */
  readonly baseUrl: string;
  readonly userAgent: string;
  /** Access token, asked for at each call that needs one. */
  readonly token?: () => Promise<string | undefined>;
  /** Called on 401; true means that the token was renewed and the call is worth one replay. */
  readonly onUnauthorized?: () => Promise<boolean>;
  /** Cancels every call, stream and wait of this client. */
  readonly signal?: AbortSignal;
  /** Key that the gateway must prove to hold before it is told anything. See docs/reference/processes.md#proof. */
  readonly proofKey?: Secret;
  /** Authority that its certificate has to come from, PEM; those of the system when absent. */
  readonly authority?: string | undefined;
}

/** Whether the orchestrator takes prompt work, as `/readyz` says. */
export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly reasons: readonly ReadinessReason[] };

export interface EventOptions {
  /** Resume after this event. */
  readonly lastEventId?: string;
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Called at the first answer and at every change. */
  readonly onStatus?: (status: TaskStatus) => void;
}

const healthTimeoutMs = 5000;
const callTimeoutMs = 30_000;
const streamSilenceMs = 60_000;
const connectTimeoutMs = 10_000;
/** Far above any documented answer; keeps a broken peer from filling memory. */
const answerBytes = 256 * 1024 * 1024;

type GatewayRoutes = typeof gatewayRoutes;

/** Routes bring schemas, which take longer to make than many a call; a health check needs none. */
const loadRoutes = async (): Promise<GatewayRoutes> =>
  (await import('@cynodeai/contracts/gateway')).gatewayRoutes;

/**
 * Typed client of the user gateway. One per process; `close` frees its connections.
 * See docs/reference/cli.md#requests.
 */
export class GatewayClient {
  readonly #options: GatewayClientOptions;
  readonly #client: HttpClient;
  readonly #baseUrl: string;

  constructor(options: GatewayClientOptions) {
    this.#options = options;
    const { proofKey, authority: certificates } = options;
    const trust = certificates === undefined ? undefined : { certificates };
    this.#client = new HttpClient({ connectTimeoutMs, proofKey, trust });
    const { origin, pathname } = new URL(options.baseUrl);
    this.#baseUrl = `${origin}${trimEnd(pathname, '/')}`;
  }

  /**
   * One call of a route; the answer is validated.
   * @throws GatewayError for every refusal, network fault or undocumented answer; the signal's reason when it fired.
   */
  async call<const R extends Route>(route: R, input: CallInput<R>): Promise<CallOutput<R>> {
    const answer = await this.#ask(route, input, (how) => callRoute(route, input, how));
    // The body was read by the schema that CallOutput is inferred from.
    return answer.body as CallOutput<R>;
  }

  /**
   * Like `call`, for readers that show what they get: anything of the answer may be missing, what is there has its type.
   * @throws as `call`
   */
  async read<const R extends Route>(route: R, input: CallInput<R>): Promise<SparseOutput<R>> {
    const answer = await this.#ask(route, input, (how) =>
      callRoute(route, input, { ...how, reading: 'sparse' }),
    );
    // The body was read by the schema that SparseOutput is inferred from.
    return answer.body as SparseOutput<R>;
  }

  /** True when `/healthz` answers 200 with `ok`; false whatever else happens. */
  async health(signal?: AbortSignal): Promise<boolean> {
    try {
      const text = await this.call(healthRoutes.healthz, {
        timeoutMs: healthTimeoutMs,
        ...(signal && { signal }),
      });
      return text.includes('ok');
    } catch (error) {
      if (error instanceof GatewayError) return false;
      throw error;
    }
  }

  /** `/readyz` with its reasons. @throws GatewayError when the gateway cannot be asked. */
  async readiness(signal?: AbortSignal): Promise<Readiness> {
    try {
      await this.call(healthRoutes.readyz, {
        timeoutMs: healthTimeoutMs,
        ...(signal && { signal }),
      });
      return { ready: true };
    } catch (error) {
      const reasons = error instanceof GatewayError ? error.problem?.reasons : undefined;
      if (reasons === undefined) throw error;
      return { ready: false, reasons };
    }
  }

  /**
   * The events of a task as they happen, until the stream ends; the caller resumes with the last id.
   * @throws GatewayError when the answer is not an event stream, and after 60 s without a byte.
   */
  async *events(
    taskId: string,
    options: EventOptions = {},
  ): AsyncGenerator<StreamedTaskEvent, void> {
    const { lastEventId, signal } = options;
    const { streamTaskEvents: route } = await loadRoutes();
    const { readTaskEvents } = await import('./task-events.ts');
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const call = (how: RouteCallOptions) => callRoute(route, { params: { id: taskId } }, how);
    yield* readTaskEvents(await this.#stream(route, call, signal, headers));
  }

  /**
   * The bytes of a task's file as they arrive.
   * @throws GatewayError for a refusal, a broken connection and after 60 s without a byte
   */
  async download(
    taskId: string,
    artifactId: string,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { getTaskArtifact: route } = await loadRoutes();
    const params = { id: taskId, artifact_id: artifactId };
    return this.#stream(route, (how) => callRoute(route, { params }, how), signal);
  }

  /** What the jobs of a task left, as one tar archive. @throws GatewayError as `download` */
  async downloadAll(taskId: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { getTaskArchive: route } = await loadRoutes();
    return this.#stream(route, (how) => callRoute(route, { params: { id: taskId } }, how), signal);
  }

  /**
   * Waits until a task is terminal and answers with its result. Long poll where the server holds
   * the answer, a pause of 2 s where it does not; three failures in a row are tolerated.
   * See docs/reference/cli.md#waiting.
   */
  async waitForTask(id: string, options: WaitOptions = {}): Promise<TaskResult> {
    const { onStatus } = options;
    const { getTaskResult } = await loadRoutes();
    const { pollTask } = await import('./poll-task.ts');
    const signals = this.#signalOf(options.signal);
    return pollTask(
      ({ waitSeconds, timeoutMs }) =>
        this.call(getTaskResult, {
          params: { id },
          query: { wait: waitSeconds },
          timeoutMs,
          ...signals,
        }),
      { ...signals, ...(onStatus && { onStatus }) },
    );
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #signalOf(own: AbortSignal | undefined): { readonly signal?: AbortSignal } {
    const signals = [this.#options.signal, own].filter((signal) => signal !== undefined);
    return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
  }

  /** A call whose answer is read as it arrives. */
  async #stream<T>(
    route: Route,
    call: (how: RouteCallOptions) => Promise<{ readonly body: AsyncIterable<T> }>,
    signal: AbortSignal | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<AsyncIterable<T>> {
    const how = { headers, stallMs: streamSilenceMs, ...(signal && { signal }) };
    return this.#spoken((await this.#ask(route, how, call)).body);
  }

  /** A stream whose faults are told like those of a call. */
  async *#spoken<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
    try {
      yield* items;
    } catch (error) {
      throw gatewayErrorOf(error, this.#baseUrl);
    }
  }

  /** One call with the token it needs, and once more when the token was renewed. */
  async #ask<T>(
    route: Route,
    options: CallOptions,
    call: (how: RouteCallOptions) => Promise<T>,
  ): Promise<T> {
    // Made once: a replay must carry the key of the first try.
    const creating = creatingHeaders(route, options);
    const attempt = async (): Promise<T> => {
      const token = route.auth === 'user' ? await this.#options.token?.() : undefined;
      if (route.auth === 'user' && (token === undefined || token === '')) {
        throw new GatewayError('auth', 'no access token; log in first');
      }
      const { stallMs, timeoutMs = callTimeoutMs, headers } = options;
      try {
        return await call({
          client: this.#client,
          baseUrl: this.#baseUrl,
          bearer: token,
          headers: { 'user-agent': this.#options.userAgent, ...creating, ...headers },
          maxBytes: answerBytes,
          ...(stallMs === undefined ? { timeoutMs } : { stallMs }),
          ...this.#signalOf(options.signal),
        });
      } catch (error) {
        throw gatewayErrorOf(error, this.#baseUrl);
      }
    };
    try {
      return await attempt();
    } catch (error) {
      const renewable =
        error instanceof GatewayError &&
        error.status === 401 &&
        route.auth === 'user' &&
        options.once !== true;
      if (!renewable || !(await this.#options.onUnauthorized?.())) throw error;
      return attempt();
    }
  }
}

/** A call that creates something can be repeated safely when both tries carry one key. */
function creatingHeaders(route: Route, { headers }: CallOptions): Record<string, string> {
  const creates = route.method === 'POST' && 201 in route.success;
  const given = headers?.['idempotency-key'];
  return creates && given === undefined ? { 'idempotency-key': crypto.randomUUID() } : {};
}

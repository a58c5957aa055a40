import { type ReadinessReason, type Route, healthRoutes } from '@cynodeai/contracts/common';
import { type TaskResult, type TaskStatus, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type AnyCallInput, type CallInput, type CallOutput, pathOf } from './call-input.ts';
import { GatewayError } from './gateway-error.ts';
import { parseAnswer } from './parse-answer.ts';
import { type StreamedTaskEvent, readTaskEvents } from './task-events.ts';
import { formBody } from './multipart.ts';
import { type Answer, type SendInput, Transport } from './transport.ts';
import { pollTask } from './poll-task.ts';

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

/** Typed client of the user gateway. One per process; `close` frees its connections. Contract 05 section 5. */
export class GatewayClient {
  readonly #options: GatewayClientOptions;
  readonly #transport: Transport;

  constructor(options: GatewayClientOptions) {
    this.#options = options;
    this.#transport = new Transport(options);
  }

  /**
   * One call of a route; the answer is validated.
   * @throws GatewayError for every refusal, network fault or undocumented answer; the signal's reason when it fired.
   */
  async call<const R extends Route>(route: R, input: CallInput<R>): Promise<CallOutput<R>> {
    const call: AnyCallInput = input;
    // Made once: a replay must carry the key of the first try.
    const creating = creatingHeaders(route, call);
    const answer = await this.#withToken(route, call, (headers) =>
      this.#transport.send({
        method: route.method,
        path: pathOf(route, call),
        headers: { ...creating, ...headers },
        timeoutMs: call.timeoutMs ?? callTimeoutMs,
        ...(call.stallMs !== undefined && { stallMs: call.stallMs }),
        ...bodyOf(route, call),
        ...this.#signalOf(call.signal),
      }),
    );
    // parseAnswer has applied the schema that CallOutput is inferred from.
    return parseAnswer(route, answer) as CallOutput<R>;
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
    const route = gatewayRoutes.streamTaskEvents;
    const path = pathOf(route, { params: { id: taskId } });
    const stream = await this.#withToken(route, {}, (headers) =>
      this.#transport.open({
        path,
        headers: {
          ...headers,
          ...(options.lastEventId !== undefined && { 'last-event-id': options.lastEventId }),
        },
        silenceMs: streamSilenceMs,
        ...this.#signalOf(options.signal),
      }),
    );
    yield* readTaskEvents(stream.body);
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
    const route = gatewayRoutes.getTaskArtifact;
    const path = pathOf(route, { params: { id: taskId, artifact_id: artifactId } });
    const answer = await this.#withToken(route, {}, (headers) =>
      this.#transport.download({
        path,
        headers,
        silenceMs: streamSilenceMs,
        ...this.#signalOf(signal),
      }),
    );
    return answer.body;
  }

  /**
   * Waits until a task is terminal and answers with its result. Long poll where the server holds the answer, a
   * pause of 2 s where it does not; three failures in a row are tolerated. Contract 05 section 5.
   */
  waitForTask(id: string, options: WaitOptions = {}): Promise<TaskResult> {
    const { onStatus } = options;
    const signals = this.#signalOf(options.signal);
    return pollTask(
      ({ waitSeconds, timeoutMs }) =>
        this.call(gatewayRoutes.getTaskResult, {
          params: { id },
          query: { wait: waitSeconds },
          timeoutMs,
          ...signals,
        }),
      { ...signals, ...(onStatus && { onStatus }) },
    );
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #signalOf(own: AbortSignal | undefined): { readonly signal?: AbortSignal } {
    const signals = [this.#options.signal, own].filter((signal) => signal !== undefined);
    return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
  }

  async #withToken<T extends Pick<Answer, 'status'>>(
    route: Route,
    input: AnyCallInput,
    send: (headers: Record<string, string>) => Promise<T>,
  ): Promise<T> {
    const attempt = async (): Promise<T> => {
      const token = route.auth === 'user' ? await this.#options.token?.() : undefined;
      if (route.auth === 'user' && (token === undefined || token === '')) {
        throw new GatewayError('auth', 'no access token; log in first');
      }
      return send({
        ...input.headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      });
    };
    try {
      return await attempt();
    } catch (error) {
      const renewable =
        error instanceof GatewayError && error.status === 401 && route.auth === 'user';
      if (!renewable || !(await this.#options.onUnauthorized?.())) throw error;
      return attempt();
    }
  }
}

/** A form when there are files to send, else JSON. */
function bodyOf(route: Route, { body, files }: AnyCallInput): Pick<SendInput, 'form' | 'json'> {
  if (route.form !== undefined && files !== undefined && files.length > 0) {
    return { form: formBody(route.form, body, files) };
  }
  return body === undefined ? {} : { json: body };
}

/** A call that creates something can be repeated safely when both tries carry one key. */
function creatingHeaders(route: Route, input: AnyCallInput): Record<string, string> {
  const creates = route.method === 'POST' && 201 in route.success;
  const given = input.headers?.['idempotency-key'];
  return creates && given === undefined ? { 'idempotency-key': crypto.randomUUID() } : {};
}

import { MockOrchestrator, testPsk, testToken } from '@cynodeai/testing/doubles';
import { reservePort, waitToPass } from '@cynodeai/testing';
import { Shutdown } from '@cynodeai/runtime/lifecycle';
import { isRecord, messageOf, parseJson, uuidv7 } from '@cynodeai/runtime/std';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startNode } from '../../../src/processes/start-node.ts';
import { CurrentConfig } from '../../../src/app/node/current-config.ts';
import { type FakeHost, createFakeHost } from './fake-host.ts';
import { FakeTime } from './fake-time.ts';
import { RecordingLog } from './recording-log.ts';

/**
 * Sleeps of a node that runs and has nothing to do: heartbeat, host, model service, staged files, old results. Time may
 * be moved when all have begun.
 */
export const longSleeps = 5;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The problem's kind, when it is one. */
  readonly kind: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const found = text.startsWith('{') ? parseJson(text) : undefined;
  const json = isRecord(found) ? found : {};
  const kind = typeof json['type'] === 'string' ? json['type'].split(':').at(-1) : undefined;
  return { status: response.status, headers: response.headers, text, kind, json };
}

/** A whole node in this process: real HTTP on both sides, a fake host and time that the test moves. */
export class TestNode implements AsyncDisposable {
  readonly orchestrator = new MockOrchestrator();
  readonly host: FakeHost = createFakeHost();
  /** Retries pass by themselves; the minute of heartbeat and checks waits for the test. */
  readonly time = new FakeTime(30_000);
  readonly log = new RecordingLog();
  /** The configuration in effect. */
  readonly config = new CurrentConfig();
  readonly env: Record<string, string> = {};
  readonly configPath: string | undefined;
  /** Reasons given to `fail`. */
  readonly failures: string[] = [];
  /** Takes this machine's container engine instead of the fake one. */
  realHost = false;
  /** Pause between two looks at the model service, ms; the minute waits for the test. */
  inferenceLookMs = 60_000;
  /** Called when something opens the host. */
  onOpenHost: () => void = () => {};
  #stop = new AbortController();
  #shutdown = new Shutdown(this.log);
  #url = '';

  static async create(): Promise<TestNode> {
    const node = new TestNode();
    await node.orchestrator.listen();
    const stateDir = await mkdtemp(join(tmpdir(), 'cynode-node-test-'));
    const port = await reservePort();
    node.#url = `http://127.0.0.1:${port}`;
    node.orchestrator.workerUrl = node.#url;
    Object.assign(node.env, {
      ORCHESTRATOR_URL: node.orchestrator.url,
      NODE_SLUG: node.orchestrator.slug,
      NODE_REGISTRATION_PSK: testPsk,
      NODE_ADVERTISED_WORKER_API_URL: node.#url,
      LISTEN_ADDR: `127.0.0.1:${port}`,
      CYNODE_STATE_DIR: stateDir,
      // Nobody listens there, whatever runs on this machine.
      OLLAMA_PORT: String(await reservePort()),
    });
    return node;
  }

  get url(): string {
    return this.#url;
  }

  get stateDir(): string {
    return this.env['CYNODE_STATE_DIR'] ?? '';
  }

  start(configPath?: string): Promise<void> {
    const { log, time } = this;
    const scope = {
      signal: this.#stop.signal,
      shutdown: this.#shutdown,
      log,
      fail: (reason: string) => {
        this.failures.push(reason);
        this.#stop.abort();
      },
    };
    return startNode(this.env, scope, {
      log,
      timer: time,
      clock: time,
      config: this.config,
      lookMs: 60_000,
      watchMs: 60_000,
      inferenceLookMs: this.inferenceLookMs,
      ...(!this.realHost && {
        openHost: async () => {
          this.onOpenHost();
          return this.host;
        },
      }),
      // Never what the machine of the tests has in /etc.
      configPath: configPath ?? false,
    });
  }

  /** The message of a start that must fail; what it opened is closed, as by the end of its process. */
  async startFails(): Promise<string> {
    try {
      await this.start();
    } catch (error) {
      await this.#shutdown.close();
      this.#shutdown = new Shutdown(this.log);
      return messageOf(error);
    }
    throw new Error('the node started');
  }

  /** The signal alone, as SIGTERM gives it. */
  signalStop(): void {
    this.#stop.abort();
  }

  /** Ends the node as a process would; true when it was clean. */
  stop(): Promise<boolean> {
    this.#stop.abort();
    return this.#shutdown.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.host.engine.stubborn = false;
    await this.stop();
    await this.orchestrator.close();
    await rm(this.stateDir, { recursive: true, force: true });
  }

  /** Lets the minute of heartbeat and checks pass once all of them wait for it. */
  async passMinute(): Promise<void> {
    await waitToPass(() => expect(this.time.waiting).toBe(longSleeps));
    this.time.advance(60_000);
  }

  /** Ends this run and begins another in the same folders, with an engine and an orchestrator that go on. */
  async restart(): Promise<void> {
    await this.stop();
    this.#stop = new AbortController();
    this.#shutdown = new Shutdown(this.log);
    await this.start();
  }

  async get(path: string, token = testToken): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}` };
    return answerOf(await fetch(`${this.#url}${path}`, { headers }));
  }

  async post(
    path: string,
    body: string | ReadableStream | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      body,
      ...(signal !== undefined && { signal }),
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${testToken}`,
        ...headers,
      },
      duplex: 'half',
    });
    return answerOf(response);
  }

  /** Posts a job made of a command line; `change` edits the request. */
  run(
    command: readonly string[],
    change: (request: Record<string, unknown>) => object = (request) => request,
  ): Promise<Answer> {
    const request = {
      version: 1,
      task_id: uuidv7(),
      job_id: uuidv7(),
      sandbox: { image: 'tools', command },
    };
    return this.post('/v1/worker/jobs:run', JSON.stringify(change(request)));
  }
}

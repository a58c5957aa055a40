import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { at, parseJsonOr } from '@cynodeai/runtime/std';
import { WorkerError } from '../../../domain/errors.ts';

export interface DaemonAnswer {
  readonly status: number;
  readonly text: string;
}

export interface DaemonCall {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, a tar archive. */
  readonly upload?: Readable | Buffer;
  /** Limit in ms for the whole call; 60 s unless told, 0 for none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called when the daemon has taken the call, before its answer is complete. */
  readonly onTaken?: () => void;
}

/** Answers of the daemon are small; one that is not would be a fault. */
const maxAnswerChars = 8 * 1024 * 1024;

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) {
    text += String(part);
    if (text.length > maxAnswerChars) throw new Error('the answer of the daemon is too long');
  }
  return text;
}

/** The engine API of a Docker daemon on a local socket. Values of variables travel in bodies, never in arguments. */
export class Daemon {
  readonly socketPath: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /** One call. @throws WorkerError `engine_unusable` when the daemon cannot be reached or does not answer in time */
  async call(method: string, path: string, options: DaemonCall = {}): Promise<DaemonAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const limit = options.timeoutMs ?? 60_000;
    const signals = [
      ...(options.signal === undefined ? [] : [options.signal]),
      ...(limit === 0 ? [] : [AbortSignal.timeout(limit)]),
    ];
    const json = options.body === undefined ? undefined : JSON.stringify(options.body);
    const outgoing = request({
      socketPath: this.socketPath,
      agent: this.#agent,
      method,
      path,
      headers: {
        host: 'docker',
        ...(json !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(json),
        }),
        ...(options.upload !== undefined && { 'content-type': 'application/x-tar' }),
      },
      signal: AbortSignal.any(signals),
    });
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    if (options.upload instanceof Readable) {
      options.upload.on('error', (error) => outgoing.destroy(error));
      options.upload.pipe(outgoing);
    } else {
      outgoing.end(json ?? options.upload);
    }
    try {
      const response = await promise;
      options.onTaken?.();
      return { status: response.statusCode ?? 0, text: await textOf(response) };
    } catch (cause) {
      options.signal?.throwIfAborted();
      const message = `the Docker daemon at ${this.socketPath} does not answer; start it, or set DOCKER_HOST`;
      throw new WorkerError('engine_unusable', message, { cause });
    }
  }

  /** The output or the input of a container as a raw connection, from the moment of the call on. */
  async attach(id: string): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const outgoing = request({
      socketPath: this.socketPath,
      method: 'POST',
      path: `/containers/${id}/attach?stream=1&stdin=1`,
      headers: { host: 'docker', connection: 'Upgrade', upgrade: 'tcp' },
      agent: false,
      timeout: 60_000,
    });
    outgoing.on('upgrade', (_response, socket: Socket, head: Buffer) => {
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.on('response', (response) => {
      response.resume();
      reject(new WorkerError('internal', `attach was answered with ${response.statusCode}`));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('attach took too long')));
    outgoing.on('error', reject);
    outgoing.end();
    return promise;
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** The daemon's own reason on one line of at most 300 characters. */
export function daemonMessage(answer: DaemonAnswer): string {
  const said = at(parseJsonOr(answer.text), 'message');
  const message = typeof said === 'string' ? said : answer.text;
  return message.replaceAll(/\s+/g, ' ').trim().slice(0, 300) || `status ${answer.status}`;
}

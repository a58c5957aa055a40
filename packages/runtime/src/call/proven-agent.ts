import { proofRoute } from '@cynodeai/contracts/common';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AgentOptions } from 'node:http';
import { type NetConnectOpts, type Socket, connect } from 'node:net';
import process from 'node:process';
import type { Secret } from '../config/secret.ts';
import { isServiceProof } from '../crypto/service-proof.ts';
import { at, parseJsonOr } from '../std/index.ts';

const { Agent } = process.getBuiltinModule('node:http');

/** Far above a proof with its head, bytes. */
const answerBytes = 8192;

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

const notProven = (): Error =>
  coded('ERR_NOT_PROVEN', 'the other side did not prove that it is of this install');

/** The body of a whole answer; undefined while more of it is to come. */
function bodyOf(answer: Buffer): string | undefined {
  const text = answer.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [status = '', ...fields] = text.slice(0, end).toLowerCase().split('\r\n');
  const prefix = 'content-length:';
  const length = Number(
    fields
      .find((field) => field.startsWith(prefix))
      ?.slice(prefix.length)
      .trim(),
  );
  const body = text.slice(end + 4);
  if (!status.startsWith('http/1.1 200 ') || !(length > 0) || body.length > length) {
    throw notProven();
  }
  return body.length === length ? body : undefined;
}

/** Reads without making the stream flow, so that what comes after the answer stays for the next reader. */
async function readBody(socket: Socket): Promise<string> {
  let answer = Buffer.alloc(0);
  for (;;) {
    const chunk: unknown = socket.read();
    if (Buffer.isBuffer(chunk)) answer = Buffer.concat([answer, chunk]);
    else if (socket.readableEnded || socket.destroyed) throw notProven();
    else await moreOf(socket);
    const body = bodyOf(answer);
    if (body !== undefined) return body;
    if (answer.length > answerBytes) throw notProven();
  }
}

async function moreOf(socket: Socket): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(socket, 'readable', { signal }), once(socket, 'close', { signal })]);
  } finally {
    over.abort();
  }
}

/**
 * Asks the other side of a fresh connection whose it is, with nothing in the question that is worth knowing.
 * @throws an Error with the code `ERR_NOT_PROVEN`, or that of the fault
 */
async function prove(socket: Socket, key: Secret): Promise<void> {
  await once(socket, 'connect');
  const { remoteAddress = '', remotePort: port = 0 } = socket;
  const host = remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress;
  const nonce = randomBytes(32).toString('base64url');
  socket.write(
    `GET ${proofRoute.path}?nonce=${nonce} HTTP/1.1\r\nhost: ${host}:${port}\r\nconnection: keep-alive\r\n\r\n`,
  );
  const proof = at(parseJsonOr(await readBody(socket)), 'proof');
  if (typeof proof !== 'string' || !isServiceProof(key, { port, nonce }, proof)) throw notProven();
}

type Opened = (error: Error | null, socket: Socket) => void;

/**
 * Kept connections whose other side has proven, each on itself, that it holds the key, before anything else is sent.
 * See docs/reference/processes.md#proof.
 */
export class ProvenAgent extends Agent {
  readonly #key: Secret;
  readonly #limitMs: number;
  readonly #opening = new Set<Socket>();

  /** @param limitMs of opening a connection and its proof */
  constructor(options: AgentOptions, key: Secret, limitMs: number) {
    super(options);
    this.#key = key;
    this.#limitMs = limitMs;
  }

  override createConnection(options: NetConnectOpts, opened?: Opened): undefined {
    const socket = connect(options);
    this.#opening.add(socket);
    // A fault after the proof is the request's, which listens for itself.
    socket.on('error', () => {});
    const late = setTimeout(
      () => socket.destroy(coded('ERR_CONNECT_TIMEOUT', 'connecting took too long')),
      this.#limitMs,
    );
    prove(socket, this.#key)
      .then(
        () => opened?.(null, socket),
        (error: Error) => {
          socket.destroy();
          opened?.(error, socket);
        },
      )
      .finally(() => {
        clearTimeout(late);
        this.#opening.delete(socket);
      });
    return undefined;
  }

  override destroy(): void {
    for (const socket of this.#opening) socket.destroy(coded('ERR_CLIENT_CLOSED', 'closed'));
    super.destroy();
  }
}

import { HttpClient } from '@cynodeai/runtime/call';
import type { Secret } from '@cynodeai/runtime/config';
import { CodedError, backoffMs, errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { AwsV4Signer } from 'aws4fetch';
import { createHash } from 'node:crypto';
import { readRefusal } from './s3-answers.ts';

/** Where the service is, and as whom it is called. */
export interface S3Settings {
  /** Root of the service; buckets are called by path. */
  readonly endpoint: URL;
  readonly bucket: string;
  readonly region: string;
  readonly keyId: string;
  readonly secretKey: Secret;
}

/** A request to the bucket. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Of an object; the bucket itself when empty. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: {
    readonly sizeBytes: number;
    /** Hex. */
    readonly sha256: string;
    /** The bytes, anew for each try. */
    readonly open: () => AsyncIterable<Uint8Array>;
  };
  /** What an answer of this status means to the caller; others of 400 and above are faults. */
  readonly accepts?: readonly number[];
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read, or `close` called. Each piece comes within the limit, or it ends with a fault. */
  readonly body: AsyncIterable<Uint8Array>;
  close(): void;
}

/** `ENOENT`: the object is gone; the others as they are called. */
export type S3Fault = 'ENOENT' | 's3_unreachable' | 's3_refused';

/** The service did not do what it was asked for; the message says what to look at. */
export class S3Error extends CodedError<S3Fault> {}

export interface S3ServiceOptions {
  readonly sleep: (ms: number) => Promise<void>;
  /** Longest silence of the service, ms; 30 s unless told. */
  readonly silenceMs?: number;
  /** Pauses between tries; about 0.2, 0.4 and 0.8 s unless told. */
  readonly firstPauseMs?: number;
}

const tries = 4;
const emptyHash = createHash('sha256').digest('hex');
const errorBytes = 64 * 1024;

/** Gives up when nothing has moved for a while. */
class Patience {
  readonly #abort = new AbortController();
  readonly #silenceMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
    this.#start();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What goes to the service: it must take each piece in time. */
  async *sent(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      yield chunk;
      this.#timer?.refresh();
    }
  }

  /** What comes from it: whoever reads may take longer than that. */
  async *received(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        this.end();
        yield chunk;
        this.#start();
      }
    } finally {
      this.end();
    }
  }

  #start(): void {
    this.#timer = setTimeout(() => this.#abort.abort(), this.#silenceMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** One bucket of an S3 service: signed requests, tried again where that helps. */
export class S3Service {
  readonly #settings: S3Settings;
  readonly #options: S3ServiceOptions;
  readonly #client = new HttpClient({ connections: 32 });
  /** Keys derived for a day, which the signer keeps. */
  readonly #derived = new Map<string, ArrayBuffer>();

  constructor(settings: S3Settings, options: S3ServiceOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** @throws S3Error */
  async send(asked: S3Request): Promise<S3Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.#once(asked);
        if (answer.status < 400 || asked.accepts?.includes(answer.status) === true) return answer;
        const fault = await this.#faultOf(asked, answer);
        if (attempt === tries || (answer.status < 500 && answer.status !== 429)) throw fault;
      } catch (error) {
        if (error instanceof S3Error) throw error;
        if (attempt === tries) throw this.#unreachable(asked, error);
      }
      const { firstPauseMs = 200 } = this.#options;
      const growth = { firstMs: firstPauseMs, maxMs: firstPauseMs * 4, jitter: 0.3 };
      await this.#options.sleep(backoffMs(attempt, Math.random(), growth));
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #once(asked: S3Request): Promise<S3Answer> {
    const url = this.#urlOf(asked);
    const { method, body } = asked;
    const patience = new Patience(this.#options.silenceMs ?? 30_000);
    try {
      const response = await this.#client.open({
        method,
        origin: url,
        path: `${url.pathname}${url.search}`,
        headers: await this.#headersOf(asked, url),
        ...(body && { body: body.sizeBytes === 0 ? Buffer.alloc(0) : patience.sent(body.open()) }),
        signal: patience.signal,
      });
      return {
        status: response.status,
        headers: response.headers,
        body: patience.received(response.body),
        close: () => {
          patience.end();
          response.discard();
        },
      };
    } catch (error) {
      patience.end();
      throw error;
    }
  }

  #urlOf({ key, query = {} }: S3Request): URL {
    const { endpoint, bucket } = this.#settings;
    const url = new URL(endpoint);
    const base = url.pathname.replace(/\/$/, '');
    url.pathname = `${base}/${bucket}${key === '' ? '' : `/${key}`}`;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    // A form writes a blank as +, the signature as %20.
    url.search = url.search.replaceAll('+', '%20');
    return url;
  }

  async #headersOf(
    { method, headers, body }: S3Request,
    url: URL,
  ): Promise<Record<string, string>> {
    const { keyId, secretKey, region } = this.#settings;
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': body?.sha256 ?? emptyHash },
      accessKeyId: keyId,
      secretAccessKey: secretKey.reveal(),
      service: 's3',
      region,
      cache: this.#derived,
    });
    const signed = await signer.sign();
    return {
      ...Object.fromEntries(signed.headers),
      ...(body && { 'content-length': String(body.sizeBytes) }),
    };
  }

  async #faultOf({ method, key }: S3Request, answer: S3Answer): Promise<S3Error> {
    const said = readRefusal(await textOf(answer).catch(() => ''));
    const { status } = answer;
    const what = `${method} ${key === '' ? 'the bucket' : key}`;
    const told = `the S3 service ${this.#place} answered ${what} with ${status}${said ? ` (${said})` : ''}`;
    // Without a body a 404 of HEAD does not tell which of the two is missing.
    if (status === 404 && said?.startsWith('NoSuchBucket') !== true) {
      return new S3Error('ENOENT', told);
    }
    return new S3Error('s3_refused', `${told}: ${adviceOf(status, said ?? '')}`);
  }

  #unreachable({ method }: S3Request, cause: unknown): S3Error {
    const why =
      errorCodeOf(cause) === 'ABORT_ERR' ? 'nothing moved for too long' : messageOf(cause);
    return new S3Error(
      's3_unreachable',
      `the S3 service ${this.#place} could not be reached for ${method}: ${why}; look at ARTIFACT_S3_ENDPOINT and at the service`,
      { cause },
    );
  }

  get #place(): string {
    const { endpoint, bucket } = this.#settings;
    return `${endpoint.origin}, bucket ${bucket},`;
  }
}

function adviceOf(status: number, said: string): string {
  if (said.startsWith('NoSuchBucket')) return 'make the bucket, or set ARTIFACT_S3_BUCKET';
  if (said.startsWith('RequestTimeTooSkewed')) return 'set the clock of this machine';
  if (status === 301 || said.startsWith('AuthorizationHeaderMalformed')) {
    return 'set ARTIFACT_S3_REGION to the region of the bucket';
  }
  if (status === 401 || status === 403) {
    return 'look at ARTIFACT_S3_KEY_ID, ARTIFACT_S3_SECRET_KEY and what that key may do';
  }
  return 'look at the log of the service';
}

/** A short answer as text; what is longer is cut. */
export async function textOf(answer: S3Answer, maxBytes = errorBytes): Promise<string> {
  const pieces: Uint8Array[] = [];
  let left = maxBytes;
  for await (const piece of answer.body) {
    pieces.push(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) break;
  }
  answer.close();
  return Buffer.concat(pieces).toString();
}

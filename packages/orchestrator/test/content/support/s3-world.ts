import { Secret } from '@cynodeai/runtime/config';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { temporaryDirectory } from '@cynodeai/testing';
import { AnsweringServer } from '@cynodeai/testing/harness';
import S3rver from '@20minutes/s3rver';
import { type IncomingMessage, type ServerResponse, request } from 'node:http';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { S3Objects } from '../../../src/adapters/blobs/s3/s3-objects.ts';
import { S3Service, type S3Settings } from '../../../src/adapters/blobs/s3/s3-service.ts';

/** The one account that the server knows. */
export const account = { keyId: 'S3RVER', secretKey: new Secret('S3RVER') } as const;
export const bucket = 'content';
const prefix = 'an-install/';

/** What stands between the product and the server: it answers by itself, or says that the server shall. */
type Between = (request: IncomingMessage, response: ServerResponse) => 'pass' | 'answered';

/** A real S3 server, and a door before it that tests let fail. */
export interface S3World extends AsyncDisposable {
  readonly settings: S3Settings;
  /** From now on; everything passes until it is set. */
  between: Between;
  /** Requests that reached the door. */
  readonly requests: readonly IncomingMessage[];
  /** Where bytes wait until they are sent. */
  readonly directory: string;
  /** @param silenceMs how long it waits for the server to move; 30 s unless told */
  objects(settings?: Partial<S3Settings>, silenceMs?: number): S3Objects;
  /** Files that wait. */
  drafts(): Promise<readonly string[]>;
  /** Names of objects there. */
  names(): Promise<readonly string[]>;
  /** Puts bytes under a name behind the product's back. */
  plant(name: string, bytes: Uint8Array, at: Date): Promise<void>;
}

function forward(from: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url, headers } = from;
  const onward = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  from.pipe(onward);
}

export async function startS3(): Promise<S3World> {
  const directory = await temporaryDirectory();
  const stored = join(directory.path, 'server');
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: stored,
    vhostBuckets: false,
    configureBuckets: [{ name: bucket }],
  });
  const { port } = await server.run();
  // This server removes a folder that a deletion emptied with all that another request has put there meanwhile.
  for (let group = 0; group < 256; group += 1) {
    const folder = join(stored, bucket, prefix, group.toString(16).padStart(2, '0'));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'keep'), '');
  }
  const services: S3Service[] = [];
  const door = await AnsweringServer.start((from, response) => {
    if (world.between(from, response) === 'pass') forward(from, response, port);
  });
  const settings = { endpoint: new URL(door.url), bucket, region: 'us-east-1', ...account };
  const waiting = join(directory.path, 'waiting');
  const ending = '._S3rver_object';
  const world: S3World = {
    settings,
    between: () => 'pass',
    requests: door.requests,
    directory: waiting,
    objects: (other = {}, silenceMs = 30_000) => {
      const service = new S3Service(
        { ...settings, ...other },
        { sleep, silenceMs, firstPauseMs: 5 },
      );
      services.push(service);
      return new S3Objects(service, prefix, waiting);
    },
    drafts: () => readdir(join(waiting, 'drafts')).catch(() => []),
    names: async () => {
      const all = await readdir(join(stored, bucket), { recursive: true });
      return all
        .filter((path) => path.startsWith(prefix) && path.endsWith(ending))
        .map((path) => path.slice(prefix.length, -ending.length));
    },
    plant: async (name, bytes, at) => {
      const path = join(stored, bucket, prefix, `${name}${ending}`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
      await utimes(path, at, at);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(services.map((service) => service.close()));
      await door[Symbol.asyncDispose]();
      server.httpServer.closeAllConnections();
      await server.close();
      await directory.remove();
    },
  };
  return world;
}

import { AnsweringServer } from '@cynodeai/testing/harness';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  InferenceForwarder,
  type InferenceForwarderOptions,
} from '../../../src/adapters/relay/inference-forwarder.ts';
import type { PrepareBody } from '../../../src/adapters/relay/job-body.ts';
import { createRelayServer } from '../../../src/adapters/relay/relay-server.ts';
import type { Place } from './call.ts';

export interface Stage {
  readonly place: Place & { readonly socketPath: string; readonly server: Server };
  readonly upstream: AnsweringServer;
}

export interface StageOptions extends Partial<InferenceForwarderOptions> {
  readonly prepare?: PrepareBody;
}

/** A service and, in front of it, the socket of one job; both end with the test. */
export async function stage(
  listener: RequestListener,
  { prepare, ...options }: StageOptions = {},
): Promise<Stage> {
  const upstream = await AnsweringServer.start(listener);
  const dir = await mkdtemp(join(tmpdir(), 'cynode-relay-'));
  const forwarder = new InferenceForwarder({
    service: { upstream: () => upstream.url },
    ...options,
  });
  const server = createRelayServer(forwarder, prepare);
  const socketPath = join(dir, 'upstream.sock');
  server.listen(socketPath);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await forwarder.close();
    await upstream[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });
  return { place: { socketPath, server }, upstream };
}

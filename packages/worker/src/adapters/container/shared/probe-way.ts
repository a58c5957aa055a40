import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { messageOf } from '@cynodeai/runtime/std';
import type { SandboxEngine, ServeListener } from '../../../ports/sandbox-engine.ts';
import { runProbe } from './run-probe.ts';

/** A service that has nothing but its health. */
const serveHealth: ServeListener = (listener) => {
  const server = createServer((_request, response) => response.end('ok'));
  server.listen(listener);
  return {
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

/**
 * Gives one sandbox a way to a model, as a job with `use_inference` gets it: a network whose only listener is served
 * from here, and a container that joins it under all rules and limits.
 * @throws nothing; the text is the engine's complaint, empty when it worked
 */
export async function probeWay(
  openNetwork: SandboxEngine['openNetwork'],
  containerOf: Parameters<typeof runProbe>[0],
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const owner = {
    jobId: randomUUID(),
    labels: { 'io.cynodeai.kind': 'check' },
    timeoutSeconds: 60,
  };
  try {
    const network = await openNetwork(owner, serveHealth, signal);
    try {
      return await runProbe(containerOf, signal, network);
    } finally {
      await network.close();
    }
  } catch (error) {
    return messageOf(error instanceof Error ? (error.cause ?? error) : error);
  }
}

/** The part of an engine's features that tells whether jobs may use a model. */
export function wayFeatures(obstacle: string | undefined): readonly string[] {
  return obstacle === undefined ? [] : ['no_way_to_model'];
}

import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { InferenceService } from '../../ports/inference.ts';
import type { InferenceRelay, JobModels } from '../../ports/relay.ts';
import type { InferenceForwarder } from './inference-forwarder.ts';
import { jobBodies } from './job-body.ts';
import { createRelayServer } from './relay-server.ts';

/**
 * The way from sandboxes to the model service, through the forwarder and nothing beside it.
 * @param models which ones jobs may use; without it their bodies pass unread, as a service under test needs it
 */
export function createInferenceRelay(
  service: Pick<InferenceService, 'upstream'>,
  forwarder: InferenceForwarder,
  models?: JobModels,
): InferenceRelay {
  return {
    available: () => service.upstream() !== undefined,
    serve: (listener) => {
      const server = createRelayServer(forwarder, models && jobBodies(models));
      // The server forgets a connection that asked for a tunnel, and would wait for its end for ever.
      const connections = new Set<Socket>();
      server.on('connection', (socket: Socket) => {
        connections.add(socket);
        socket.once('close', () => connections.delete(socket));
      });
      server.listen(listener);
      return {
        close: async () => {
          if (!server.listening) return;
          const closed = once(server, 'close');
          server.close();
          for (const socket of connections) socket.destroy();
          await closed;
        },
      };
    },
  };
}

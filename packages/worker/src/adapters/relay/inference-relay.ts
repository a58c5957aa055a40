import { once } from 'node:events';
import { Server } from 'node:net';
import type { InferenceService } from '../../ports/inference.ts';
import type { InferenceRelay } from '../../ports/relay.ts';
import type { InferenceForwarder } from './inference-forwarder.ts';
import { createRelayServer } from './relay-server.ts';

/** The way from sandboxes to the model service, through the forwarder and nothing beside it. */
export function createInferenceRelay(
  service: Pick<InferenceService, 'upstream'>,
  forwarder: InferenceForwarder,
): InferenceRelay {
  return {
    available: () => service.upstream() !== undefined,
    serve: (listener) => {
      if (!(listener instanceof Server)) throw new TypeError('the listener is no server');
      const server = createRelayServer(forwarder);
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
    },
  };
}

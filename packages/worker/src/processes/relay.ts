import process from 'node:process';
import { HttpClient } from '@cynodeai/runtime/call';
import { createOllamaBackend } from '../adapters/inference/ollama-backend.ts';
import { InferenceForwarder } from '../adapters/relay/inference-forwarder.ts';
import { createInferenceRelay } from '../adapters/relay/inference-relay.ts';
import { type FromRelay, type ToRelay, toRelaySchema } from '../adapters/relay/relay-messages.ts';
import { RemotePlaces } from '../adapters/relay/remote-places.ts';
import { jobModels } from '../app/inference/job-models.ts';
import type { ServedListener } from '../ports/sandbox-engine.ts';

/**
 * The relay of a node: serves the listeners its parent sends, asks it for places, and ends with it.
 * @throws Error when it was not started by a node
 */
export function startRelay(): void {
  const tell = (message: FromRelay): void => void process.send?.(message, undefined, {}, () => {});
  if (process.send === undefined) throw new Error('the relay is started by its node');
  const places = new RemotePlaces(tell);
  let upstream: string | undefined;
  const service = { upstream: () => upstream };
  const client = new HttpClient({ connections: 2, lanes: { pull: 1 } });
  const models = jobModels(() =>
    upstream === undefined ? undefined : createOllamaBackend({ client, baseUrl: upstream }),
  );
  const relay = createInferenceRelay(service, new InferenceForwarder({ service, places }), models);
  const served = new Map<number, ServedListener>();

  const close = async (id: number): Promise<void> => {
    await served.get(id)?.close();
    served.delete(id);
    tell({ kind: 'closed', id });
  };
  const obey = (message: ToRelay, listener: object | undefined): void => {
    switch (message.kind) {
      case 'service':
        ({ upstream } = message);
        places.limited = message.limited;
        return;
      case 'serve':
        if (listener !== undefined) served.set(message.id, relay.serve(listener));
        return;
      case 'close':
        void close(message.id);
        return;
      case 'place':
        places.answer(message);
        return;
      case 'hear':
        tell({ kind: 'heard' });
    }
  };
  process.on('message', (message: unknown, listener?: object) =>
    obey(toRelaySchema.parse(message), listener),
  );
  process.on('disconnect', () => process.exit(0));
  // Signals that reach the whole group of the node are the node's to handle.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  tell({ kind: 'ready' });
}

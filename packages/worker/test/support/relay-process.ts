/**
 * The node's side of an inference relay in a process of its own: `relay-process.ts URL` passes requests on to the
 * service at the URL, under the rules for sandboxes, and prints the port it listens on. Ends with its input.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import process from 'node:process';
import { InferenceForwarder } from '../../src/adapters/relay/inference-forwarder.ts';
import { createInferenceRelay } from '../../src/adapters/relay/inference-relay.ts';

const service = { upstream: () => process.argv[2] };
// Bodies are looked at as on a node, and every model is open.
const relay = createInferenceRelay(service, new InferenceForwarder({ service }), {
  find: async (model) => model,
});
// As from a sandbox, the listener was opened by someone else.
const listener = createServer().listen(0, '127.0.0.1');
await once(listener, 'listening');
process.stdout.write(`${(listener.address() as AddressInfo).port}\n`);
relay.serve(listener);
process.stdin.resume().on('end', () => process.exit(0));

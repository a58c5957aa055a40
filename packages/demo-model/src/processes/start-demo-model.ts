import { defaultPorts } from '@cynodeai/contracts/common';
import { type Env, type ListenAddress, listenField, parseEnv } from '@cynodeai/runtime/config';
import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import { systemClock } from '@cynodeai/runtime/std';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import manifest from '../../package.json' with { type: 'json' };
import { answerModelCall } from '../adapters/wire/answer-call.ts';
import { startModelServer } from '../adapters/wire/model-server.ts';
import { DemoBackend } from '../app/demo-backend.ts';

const envSchema = z.object({ LISTEN_ADDR: listenField().optional() });

/** Never Ollama's own port: who finds that one open must find an Ollama. */
const defaultListen: ListenAddress = { host: '127.0.0.1', port: defaultPorts.demoModel };

/** Starts the demo model and registers its end. */
export async function startDemoModel(env: Env, { log, shutdown }: ProcessScope): Promise<void> {
  const listen = parseEnv(envSchema, env).LISTEN_ADDR ?? defaultListen;
  const backend = new DemoBackend({
    version: manifest.version,
    clock: systemClock,
    digest: createHash('sha256').update(`cynode-demo ${manifest.version}`).digest('hex'),
  });
  const server = await startModelServer({
    listen,
    log,
    answer: (call) => answerModelCall(call, backend),
  });
  shutdown.add('demo model', () => server.close());
  log.info('listening', { host: listen.host, port: server.port });
}

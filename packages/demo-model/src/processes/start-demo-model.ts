import { type Env, parseEnv, schemaOf } from '@cynodeai/runtime/config';
import { demoModelEnvironment } from '@cynodeai/runtime/environment/demo-model';
import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import { systemClock } from '@cynodeai/runtime/std';
import { createHash } from 'node:crypto';
import manifest from '../../package.json' with { type: 'json' };
import { answerModelCall } from '../adapters/wire/answer-call.ts';
import { startModelServer } from '../adapters/wire/model-server.ts';
import { DemoBackend } from '../app/demo-backend.ts';

const schema = schemaOf(demoModelEnvironment);

/** Starts the demo model and registers its end. */
export async function startDemoModel(env: Env, { log, shutdown }: ProcessScope): Promise<void> {
  const listen = parseEnv(schema, env).LISTEN_ADDR;
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

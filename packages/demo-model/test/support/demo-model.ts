import { silentLog } from '@cynodeai/runtime/observe';
import { systemClock } from '@cynodeai/runtime/std';
import { Child } from '@cynodeai/testing/harness';
import { fileURLToPath } from 'node:url';
import { answerModelCall } from '../../src/adapters/wire/answer-call.ts';
import { startModelServer } from '../../src/adapters/wire/model-server.ts';
import { DemoBackend } from '../../src/app/demo-backend.ts';

export interface RunningModel {
  readonly url: string;
  close(): Promise<void>;
}

const entry = fileURLToPath(new URL('../../src/processes/main.ts', import.meta.url));

export interface DemoProcess extends RunningModel {
  readonly child: Child;
}

/** The demo model as a process of its own, with nothing in its environment but where to listen. */
export async function startDemoProcess(): Promise<DemoProcess> {
  const child = Child.ofScript(entry, [], { env: { LISTEN_ADDR: '127.0.0.1:0' } });
  const [, port] = await child.printed(/"port":(\d+)/);
  return { child, url: `http://127.0.0.1:${port}`, close: async () => void (await child.stop()) };
}

/** The same server inside the test. */
export async function startDemoInside(): Promise<RunningModel> {
  const backend = new DemoBackend({
    version: '0.1.0',
    clock: systemClock,
    digest: 'd'.repeat(64),
  });
  const server = await startModelServer({
    listen: { host: '127.0.0.1', port: 0 },
    log: silentLog,
    answer: (call) => answerModelCall(call, backend),
  });
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.close() };
}

/** A tool that runs commands, as clients offer it. */
export const commandTool = {
  type: 'function' as const,
  function: {
    name: 'run_command',
    description: 'Runs a command in a sandbox',
    parameters: {
      type: 'object',
      properties: { command: { type: 'string', description: 'the command line' } },
      required: ['command'],
    },
  },
};

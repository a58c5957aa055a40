import { silentLog } from '@cynodeai/runtime/observe';
import { systemClock } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  /** Standard output and error so far. */
  output(): string;
  /** Ends it and gives its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** The demo model as a process of its own, with nothing in its environment but where to listen. */
export async function startDemoProcess(): Promise<DemoProcess> {
  const child = spawn(process.execPath, [entry], {
    env: { LISTEN_ADDR: '127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const exited = once(child, 'exit');
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  try {
    const port = await waitFor(() => /"port":(\d+)/.exec(output)?.[1]);
    return {
      url: `http://127.0.0.1:${port}`,
      output: () => output,
      stop,
      close: async () => void (await stop()),
    };
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
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

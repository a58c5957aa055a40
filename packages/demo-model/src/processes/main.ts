import { defaultPorts } from '@cynodeai/contracts/common';
import { readEnv } from '@cynodeai/runtime/config';
import { runMain } from '@cynodeai/runtime/lifecycle';
import { createLog } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import process from 'node:process';
import { parseArgs } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };
import { startDemoModel } from './start-demo-model.ts';

const help = `Usage: main.ts

Serves cynode-demo, a rule-based stand-in for a language model, over Ollama's and OpenAI's HTTP API.

Options:
  --help     print this text
  --version  print the version

Environment: LISTEN_ADDR (default 127.0.0.1:${defaultPorts.demoModel}).
`;

/** Exit code of a command line that cannot be understood. */
const exitCodeUsage = 2;

async function main(argv: readonly string[]): Promise<void> {
  let options: { help?: boolean; version?: boolean };
  try {
    options = parseArgs({
      args: [...argv],
      options: { help: { type: 'boolean' }, version: { type: 'boolean' } },
    }).values;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${help}`);
    process.exitCode = exitCodeUsage;
    return;
  }
  if (options.help === true || options.version === true) {
    process.stdout.write(options.help === true ? help : `${manifest.version}\n`);
    return;
  }
  await runMain(createLog({ service: 'demo-model' }), (scope) => startDemoModel(readEnv(), scope));
}

await main(process.argv.slice(2));

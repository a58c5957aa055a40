import { readEnv } from '@cynodeai/runtime/config';
import { runMain } from '@cynodeai/runtime/lifecycle';
import { createLog } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import process from 'node:process';
import { parseArgs } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };
import { defaultConfigPath } from '../adapters/startup/load-startup.ts';
import { relayWord } from './relay-command.ts';

const help = `Usage: node.ts [--config FILE | --no-config]

Runs a CyNodeAI worker node: registers with the orchestrator and runs sandbox jobs.

Options:
  --config FILE  startup YAML (default: ${defaultConfigPath}, when it exists)
  --no-config    read no startup YAML
  --help         print this text
  --version      print the version

Enough to start without a file: ORCHESTRATOR_URL, NODE_SLUG and NODE_REGISTRATION_PSK in the environment.
Other variables: NODE_NAME, NODE_ADVERTISED_WORKER_API_URL, LISTEN_ADDR, CONTAINER_RUNTIME,
DOCKER_HOST, CYNODE_STATE_DIR, CYNODE_RUN_DIR, CYNODE_SANDBOX_MOUNT_ROOT, NODE_SHUTDOWN_GRACE_SECONDS.
`;

/** Exit code of a command line that cannot be understood. */
const exitCodeUsage = 2;

async function main(argv: readonly string[]): Promise<void> {
  // Each loads only what it runs.
  if (argv[0] === relayWord) return (await import('./relay.ts')).startRelay();
  const { startNode } = await import('./start-node.ts');
  let options: { config?: string; 'no-config'?: boolean; help?: boolean; version?: boolean };
  try {
    options = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        'no-config': { type: 'boolean' },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
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
  const configPath = options.config ?? (options['no-config'] === true ? false : undefined);
  await runMain(createLog({ service: 'node' }), (scope) =>
    startNode(readEnv(), scope, configPath === undefined ? {} : { configPath }),
  );
}

await main(process.argv.slice(2));

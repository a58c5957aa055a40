import { ConfigError, readEnv } from '@cynodeai/runtime/config';
import { runMain } from '@cynodeai/runtime/lifecycle';
import { createLog } from '@cynodeai/runtime/observe';
import process from 'node:process';
import { startAgents } from './agents.ts';

const usage = 'usage: main.ts agents';

await runMain(createLog({ service: 'agents' }), async (scope) => {
  const args = process.argv.slice(2);
  if (args.join(' ') !== 'agents') throw new ConfigError(usage);
  await startAgents(readEnv(), scope);
});

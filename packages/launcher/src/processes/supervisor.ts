import { readEnv } from '@cynodeai/runtime/config';
import { runMain } from '@cynodeai/runtime/lifecycle';
import { createLog } from '@cynodeai/runtime/observe';
import { openInstall } from '../install/install.ts';
import { runStack } from '../stack/run-stack.ts';

const log = createLog({ service: 'supervisor' });

await runMain(log, async (scope) => {
  const install = await openInstall(readEnv());
  const stack = await runStack({ install, env: readEnv(), log, signal: scope.signal });
  scope.shutdown.add('stack', () => stack.stop(), 90_000);
});

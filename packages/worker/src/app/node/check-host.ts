import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { sandboxName } from '../../domain/sandbox/naming.ts';
import { NodeError } from '../../domain/node/node-error.ts';
import type { NodeSettings } from '../../domain/node/settings.ts';
import type { Timer } from '../../ports/timer.ts';
import type { SandboxHost } from '../../ports/worker-api.ts';
import type { NodeReadiness } from './node-readiness.ts';

/**
 * Attempts and pause of the checks a node makes before it registers.
 * See docs/reference/nodes.md#start-of-a-node.
 */
export const checkRule = { attempts: 3, pauseMs: 5000 } as const;

export interface CheckHostDeps {
  readonly settings: NodeSettings;
  readonly openHost: (signal: AbortSignal) => Promise<SandboxHost>;
  readonly readiness: NodeReadiness;
  readonly timer: Timer;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Containers and job directories of an earlier run go first, for they may be what keeps the checks from passing; but
 * not those of jobs that are kept and gone on with.
 */
async function removeLeftovers(host: SandboxHost, deps: CheckHostDeps): Promise<void> {
  const kept = await host.engine.kept();
  const containers = await host.engine.removeLeftovers(deps.settings.slug, (name) =>
    kept.has(name),
  );
  const jobs = await host.workspace.removeStrays((jobId) => kept.has(sandboxName(jobId)));
  if (containers.length + jobs.length > 0) {
    deps.log.info('removed what an earlier run left', { containers, jobs });
  }
}

async function checkOnce(deps: CheckHostDeps): Promise<SandboxHost> {
  const host = await deps.openHost(deps.signal);
  await removeLeftovers(host, deps);
  await host.engine.check(deps.signal);
  deps.readiness.set('runtime', true);
  if (deps.settings.sandbox.mode !== 'disabled') await host.workspace.check();
  deps.readiness.set('mountRoot', true);
  return host;
}

/**
 * Startup steps 2 and 3 as far as containers go: leftovers removed, runtime and mount root tried.
 * @throws NodeError `startup_check_failed` after three attempts five seconds apart.
 * See docs/reference/nodes.md#start-of-a-node.
 */
export async function checkHost(deps: CheckHostDeps): Promise<SandboxHost> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await checkOnce(deps);
    } catch (cause) {
      deps.signal.throwIfAborted();
      const reason = messageOf(cause);
      if (attempt >= checkRule.attempts) {
        throw new NodeError('startup_check_failed', `the startup check failed: ${reason}`, {
          cause,
        });
      }
      deps.log.warn('startup check failed; trying again', {
        attempt,
        reason,
        retry_ms: checkRule.pauseMs,
      });
      await deps.timer.sleep(checkRule.pauseMs, deps.signal);
      deps.signal.throwIfAborted();
    }
  }
}

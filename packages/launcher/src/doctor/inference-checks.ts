import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { Env } from '@cynodeai/runtime/config';
import { messageOf } from '@cynodeai/runtime/std';
import { decidePath } from '../domain/decide-path.ts';
import { describePath, pullCommand, realModelCommand } from '../domain/inference.ts';
import { asksCloud } from '../inference/ollama-probe.ts';
import { lookAround } from '../inference/settle-inference.ts';
import { findInstall } from '../install/install.ts';
import { type Check, fail, ok, warn } from './check.ts';

function entries(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Whether a model could use a graphics processor; without one it runs on the processor, slowly. */
export function checkGpu(root = ''): Check {
  const nvidia = entries(`${root}/proc/driver/nvidia/gpus`).length;
  if (nvidia > 0) return ok('gpu', `${nvidia} by NVIDIA`);
  if (existsSync(`${root}/dev/kfd`)) return ok('gpu', 'AMD, by /dev/kfd');
  const gib = (totalmem() / 1024 ** 3).toFixed(0);
  return ok('gpu', `none; models run on ${availableParallelism()} cores with ${gib} GiB of memory`);
}

/** What a start with the stored choice would take, and why. */
export async function checkInference(env: Env): Promise<Check> {
  const install = findInstall(env);
  const choice = install?.inference.choice ?? 'auto';
  try {
    const findings =
      choice === 'auto' || choice === 'ollama'
        ? await lookAround({
            install,
            env,
            storedUrl: install?.inference.ollamaUrl,
            needsDownload: false,
          })
        : undefined;
    const decision = decidePath({ choice, mayAsk: false }, findings);
    if (decision.kind === 'refuse') {
      const fix = 'see the reason, or say --inference auto';
      return fail('inference', `${choice}: ${decision.reason}`, fix);
    }
    if (decision.kind === 'offer') {
      const detail = `${choice}: no model is here yet; the next start offers to get one`;
      return warn('inference', detail, pullCommand);
    }
    const text = `${choice}: the next start takes ${describePath(decision.path)}`;
    const { path, note } = decision;
    if (path.kind === 'ollama' && note !== undefined) {
      return warn('inference', `${text}; ${note}`, 'see the reason');
    }
    if (path.kind === 'ollama' && (await asksCloud(path.url)) === true) {
      const detail = `${text}; it asks the cloud of its maker for some models, which jobs and prompts never use`;
      return warn('inference', detail, 'start it with OLLAMA_NO_CLOUD=1');
    }
    if (path.kind === 'demo') return warn('inference', text, realModelCommand);
    if (path.kind !== 'none') return ok('inference', text);
    return warn('inference', `${text}; prompts are not answered`, 'cynode up --inference auto');
  } catch (error) {
    return fail('inference', messageOf(error), 'correct it, or unset the variable');
  }
}

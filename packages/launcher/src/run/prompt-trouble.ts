import type { ReadinessReason } from '@cynodeai/contracts/common';
import { realModelCommand } from '../domain/inference.ts';
import type { Install } from '../install/install.ts';
import { openSecrets } from '../install/secrets.ts';
import { runningStack } from '../stack/running-stack.ts';
import { readinessOf } from '../stack/readiness.ts';
import type { StackState } from '../stack/stack-state.ts';
import { findNodeTrouble } from './node-trouble.ts';
import type { Trouble } from './trouble.ts';

/** Which part of inference a task needs: a model that answers, or only a node that offers one to sandboxes. */
export type InferenceNeed = 'answer' | 'relay';

/** What passes when a person starts a service or agrees to a download. */
const personalCodes: readonly string[] = ['model_service_down', 'pm_model_not_selected'];

/** Without one of these a sandbox reaches no model either. */
const noPathCodes: readonly string[] = ['no_inference_path', 'model_service_down'];

function switchedOff(state: StackState): boolean {
  return state.inference.kind === 'none';
}

function describe(reasons: readonly ReadinessReason[], state: StackState): string {
  const [first] = reasons;
  if (switchedOff(state)) {
    return `inference is switched off here (--inference none): switch it on with: cynode up --inference auto, or get a model with: ${realModelCommand}`;
  }
  return first === undefined ? 'not ready' : `${first.message}; ${first.action}`;
}

/**
 * What keeps prompts from being answered, in the words of the gateway's readiness; undefined when
 * nothing does. See docs/reference/processes.md#readiness.
 */
export async function findInferenceTrouble(
  install: Install,
  need: InferenceNeed,
): Promise<Trouble | undefined> {
  const state = runningStack(install);
  if (state === undefined) return findNodeTrouble(install);
  const { gatewayProof } = openSecrets(install.paths);
  const readiness = await readinessOf(state.gatewayUrl, gatewayProof);
  if (readiness.state === 'ready') return undefined;
  if (readiness.state === 'unreachable') {
    return { text: `the gateway does not answer: ${readiness.why}`, lasting: false };
  }
  const codes = readiness.reasons.map((reason) => reason.code);
  const hasPath = !codes.some((code) => noPathCodes.includes(code));
  if (need === 'relay' && hasPath) return undefined;
  const text = describe(readiness.reasons, state);
  const needsSomebody = personalCodes.includes(codes[0] ?? '');
  if (hasPath) {
    return { text, lasting: false, working: codes[0] === 'pm_model_loading', needsSomebody };
  }
  if (switchedOff(state)) return { text, lasting: true };
  const node = await findNodeTrouble(install);
  return node?.lasting ? node : { text, lasting: false, needsSomebody };
}

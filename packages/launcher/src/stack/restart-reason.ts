import type { Env } from '@cynodeai/runtime/config';
import type { Install } from '../install/install.ts';
import { missedVariables } from '../roles/environment.ts';
import { checkoutStamp } from '../install/checkout-stamp.ts';
import type { StackState } from './stack-state.ts';

/** Why a running stack is not the one that is wanted. */
export interface RestartReason {
  readonly text: string;
  /** What runs will not do, so that without a restart nothing is done at all. */
  readonly binding: boolean;
}

/** Why the stack that runs should be started anew; undefined when it is as it should be. */
export function restartReason(
  install: Install,
  state: StackState,
  env: Env,
): RestartReason | undefined {
  const missed = missedVariables(state.variables ?? {}, env);
  if (missed.length > 0) {
    const text = `the running stack was started without this ${missed.join(', ')}`;
    return { text, binding: true };
  }
  if (state.stamp === checkoutStamp(install.checkout)) return undefined;
  return { text: 'the running stack is of another version than this checkout', binding: false };
}

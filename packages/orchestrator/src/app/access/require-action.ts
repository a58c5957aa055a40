import type { GatewayAction } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import { type ActionTarget, isAllowed } from '../../domain/identity/role-map.ts';

/** Refuses a caller whose roles do not allow an action on the whole install, or on what is named. @throws OrchestratorError `forbidden`. */
export function requireAction(
  actor: UserActor,
  action: GatewayAction,
  target: ActionTarget = {},
): void {
  if (isAllowed(actor, action, target)) return;
  throw new OrchestratorError(
    'forbidden',
    `this needs a system role that allows ${action}; ask an owner or admin`,
  );
}

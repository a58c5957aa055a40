import { OrchestratorError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/principal.ts';
import { type GatewayAction, isAllowed } from '../../domain/identity/role-map.ts';

/** Refuses a caller whose roles do not allow an action on the whole install. @throws OrchestratorError `forbidden`. */
export function requireAction(principal: Principal, action: GatewayAction): void {
  if (isAllowed(principal, action)) return;
  throw new OrchestratorError(
    'forbidden',
    `this needs a system role that allows ${action}; ask an owner or admin`,
  );
}

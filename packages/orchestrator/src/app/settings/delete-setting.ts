import { OrchestratorError } from '../../domain/errors.ts';
import { actorId } from '../../domain/identity/actor.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type WriteSettingsDeps, requireVersion } from './settings-deps.ts';

export interface DeleteSettingRequest {
  readonly expected_version?: number | undefined;
  readonly reason?: string | undefined;
}

/**
 * Removes a system setting, so that its default holds again.
 * See docs/reference/settings.md#system-settings.
 * @throws OrchestratorError `forbidden`, `setting_unknown`, `version_conflict`.
 */
export async function deleteSetting(
  deps: WriteSettingsDeps,
  caller: Caller,
  key: string,
  request: DeleteSettingRequest,
): Promise<Outcome<'removed', void>> {
  requireAction(caller.actor, 'settings.write');
  const { expected_version, reason } = request;
  return deps.transact(async (transaction) => {
    const before = await transaction.lock(key);
    if (before === undefined) {
      throw new OrchestratorError('setting_unknown', 'no such setting; its default holds');
    }
    requireVersion(expected_version, before);
    const at = deps.clock.now();
    await transaction.remove(before, { actor: actorId(caller.actor), reason, at });
    await record(transaction.audit, caller, { outcome: 'removed', resourceId: key }, at);
    return { kind: 'removed', value: undefined };
  });
}

import { OrchestratorError } from '../../domain/errors.ts';
import { type ManageCall, actorOf } from '../access/manage-call.ts';
import { requireAction } from '../access/require-action.ts';
import { type WriteSettingsDeps, requireVersion, settingRow } from './settings-deps.ts';

export interface DeleteSettingRequest {
  readonly expected_version?: number | undefined;
  readonly reason?: string | undefined;
}

/**
 * Removes a system setting, so that its default holds again. Contract 04 section 7.
 * @throws OrchestratorError `forbidden`, `setting_unknown`, `version_conflict`.
 */
export async function deleteSetting(
  deps: WriteSettingsDeps,
  call: ManageCall,
  key: string,
  request: DeleteSettingRequest,
): Promise<void> {
  requireAction(call.principal, 'settings.write');
  const { expected_version, reason } = request;
  await deps.transact(async (transaction) => {
    const before = await transaction.lock(key);
    if (before === undefined) {
      throw new OrchestratorError('setting_unknown', 'no such setting; its default holds');
    }
    requireVersion(expected_version, before);
    const at = deps.clock.now();
    await transaction.remove(before, { actor: actorOf(call.principal), reason, at });
    const change = { operation: 'settings.delete', key, statusCode: 200 };
    await transaction.audit.append([settingRow(call, change, at)]);
  });
}

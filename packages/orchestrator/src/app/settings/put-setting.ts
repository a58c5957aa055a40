import type { PutSettingRequest, Setting } from '@cynodeai/contracts/gateway';
import { checkSetting } from '../../domain/settings/check-setting.ts';
import { settingView } from '../../domain/settings/setting.ts';
import { type ManageCall, actorOf } from '../access/manage-call.ts';
import { requireAction } from '../access/require-action.ts';
import { type WriteSettingsDeps, requireVersion, settingRow } from './settings-deps.ts';

/**
 * Sets a system setting; every write is a new version, whether the value differs or not. Contract 01 section 12.1.
 * @throws OrchestratorError `forbidden`, `input_invalid`, `version_conflict`.
 */
export async function putSetting(
  deps: WriteSettingsDeps,
  call: ManageCall,
  key: string,
  request: PutSettingRequest,
): Promise<{ readonly setting: Setting; readonly isNew: boolean }> {
  requireAction(call.principal, 'settings.write');
  const { value, value_type, expected_version, reason } = request;
  const valueType = checkSetting(key, value, value_type);
  return deps.transact(async (transaction) => {
    const before = await transaction.lock(key);
    requireVersion(expected_version, before);
    const at = deps.clock.now();
    const setting = await transaction.write(
      { key, value, valueType },
      { actor: actorOf(call.principal), reason, at },
    );
    const isNew = before === undefined;
    const change = { operation: 'settings.put', key, statusCode: isNew ? 201 : 200 };
    await transaction.audit.append([settingRow(call, change, at)]);
    return { setting: settingView(setting), isNew };
  });
}

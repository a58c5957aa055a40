import type { PutSettingRequest, Setting } from '@cynodeai/contracts/gateway';
import { actorId } from '../../domain/identity/actor.ts';
import { checkSetting } from '../../domain/settings/check-setting.ts';
import { settingView } from '../../domain/settings/setting.ts';
import { requireAction } from '../access/require-action.ts';
import type { Caller, Outcome } from '../audit/call.ts';
import { record } from '../audit/record.ts';
import { type WriteSettingsDeps, requireVersion } from './settings-deps.ts';

/**
 * Sets a system setting; every write is a new version, whether the value differs or not.
 * See docs/reference/settings.md#system-settings.
 * @throws OrchestratorError `forbidden`, `input_invalid`, `version_conflict`.
 */
export async function putSetting(
  deps: WriteSettingsDeps,
  caller: Caller,
  key: string,
  request: PutSettingRequest,
): Promise<Outcome<'created' | 'changed', Setting>> {
  requireAction(caller.actor, 'settings.write');
  const { value, value_type, expected_version, reason } = request;
  const valueType = checkSetting(key, value, value_type);
  return deps.transact(async (transaction) => {
    const before = await transaction.lock(key);
    requireVersion(expected_version, before);
    const at = deps.clock.now();
    const setting = await transaction.write(
      { key, value, valueType },
      { actor: actorId(caller.actor), reason, at },
    );
    const kind = before === undefined ? 'created' : 'changed';
    await record(transaction.audit, caller, { outcome: kind, resourceId: key }, at);
    return { kind, value: settingView(setting) };
  });
}

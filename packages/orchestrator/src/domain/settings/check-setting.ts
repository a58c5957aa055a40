import { utf8Bytes } from '@cynodeai/contracts/common';
import { type SettingValueType, settingLimits } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../errors.ts';
import { checkPayload } from '../nodes/check-payload.ts';
import { faultOfValue } from './known-settings.ts';
import { findSecretField, isSecretName } from './secret-names.ts';
import { valueTypeOf } from './setting.ts';

function refuse(field: string, message: string): never {
  throw new OrchestratorError('input_invalid', message, { field });
}

/**
 * The type of a value that may be stored under a key.
 * See docs/reference/settings.md#system-settings.
 * @throws OrchestratorError `input_invalid`.
 */
export function checkSetting(
  key: string,
  value: unknown,
  statedType: SettingValueType | undefined,
): SettingValueType {
  const valueType = valueTypeOf(value);
  if (valueType === undefined) return refuse('value', 'is required and must not be null');
  if (statedType !== undefined && statedType !== valueType) {
    refuse('value_type', `says ${statedType}, but the value is of type ${valueType}`);
  }
  checkPayload({ value });
  if (utf8Bytes(JSON.stringify(value)) > settingLimits.valueBytes) {
    refuse('value', `must not be larger than ${settingLimits.valueBytes} bytes as JSON`);
  }
  const secret = isSecretName(key) ? key : findSecretField(value);
  if (secret !== undefined) {
    refuse('value', `settings hold no secrets: ${secret} must come from the environment`);
  }
  const fault = faultOfValue(key, value);
  if (fault !== undefined) refuse('value', fault);
  return valueType;
}

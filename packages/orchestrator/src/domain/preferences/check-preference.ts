import { utf8Bytes } from '@cynodeai/contracts/common';
import {
  type SettingValueType,
  settingKeySchema,
  settingLimits,
} from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../errors.ts';
import { checkPayload } from '../nodes/check-payload.ts';
import { findSecretField, isSecretName } from '../settings/secret-names.ts';
import { valueTypeOf } from '../settings/setting.ts';

function refuse(field: string, message: string): never {
  throw new OrchestratorError('input_invalid', message, { field });
}

/**
 * The type under which a value may be stored as a preference; null takes the stated one.
 * See docs/reference/settings.md#preferences.
 * @throws OrchestratorError `input_invalid`.
 */
export function checkPreference(
  key: string,
  value: unknown,
  statedType: SettingValueType | undefined,
): SettingValueType {
  if (!settingKeySchema.safeParse(key).success) {
    refuse('key', 'must be 1 to 256 characters without whitespace or control characters');
  }
  if (value === undefined) refuse('value', 'is required');
  const valueType = valueTypeOf(value);
  const type = valueType ?? statedType;
  if (type === undefined) return refuse('value_type', 'is required for the value null');
  if (statedType !== undefined && statedType !== type) {
    refuse('value_type', `says ${statedType}, but the value is of type ${type}`);
  }
  checkPayload({ value });
  if (utf8Bytes(JSON.stringify(value)) > settingLimits.valueBytes) {
    refuse('value', `must not be larger than ${settingLimits.valueBytes} bytes as JSON`);
  }
  const secret = isSecretName(key) ? key : findSecretField(value);
  if (secret !== undefined) {
    refuse('value', `preferences hold no secrets: ${secret} belongs into 'cynork secret set'`);
  }
  return type;
}

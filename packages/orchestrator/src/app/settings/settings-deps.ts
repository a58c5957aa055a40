import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { SettingRecord } from '../../domain/settings/setting.ts';
import type { TransactSettings } from '../../ports/settings.ts';

export interface WriteSettingsDeps {
  readonly transact: TransactSettings;
  readonly clock: Clock;
}

/**
 * Refuses a change that was meant for another version; given for a missing setting it refuses too.
 * See docs/reference/settings.md#system-settings.
 * @throws OrchestratorError `version_conflict`.
 */
export function requireVersion(
  expected: number | undefined,
  current: SettingRecord | undefined,
): void {
  if (expected === undefined || expected === current?.version) return;
  const found = current === undefined ? 'it does not exist' : `it has version ${current.version}`;
  throw new OrchestratorError(
    'version_conflict',
    `the setting was changed meanwhile: ${found}, not ${expected}; read it again`,
  );
}

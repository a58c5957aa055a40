import type { Setting } from '@cynodeai/contracts/gateway';
import type { Sparse } from '@cynodeai/runtime/call';
import { holding } from '../../gateway/answers.ts';

/** What a list shows of a setting, in the order of the columns. */
export const settingColumns = ['key', 'value_json', 'version', 'updated_at'] as const;

/** A setting under the keys of this command line. */
export interface ShownSetting {
  readonly key: string;
  readonly value: unknown;
  readonly version: number | undefined;
  readonly updated_at: string | undefined;
}

/** A setting; an answer may hold more. */
export function settingOf(answer: Sparse<Setting>): ShownSetting {
  const { key, value, version, updated_at } = holding(answer, 'key');
  return { key, value, version, updated_at };
}

/** The compact JSON of its value. */
export function valueText({ value }: Pick<ShownSetting, 'value'>): string {
  return JSON.stringify(value) ?? 'null';
}

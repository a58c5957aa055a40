import type { SettingValueType } from '@cynodeai/contracts/gateway';
import type {
  PreferenceContext,
  PreferenceRecord,
  PreferenceRef,
} from '../domain/preferences/preference.ts';

export interface PreferenceListQuery extends Omit<PreferenceRef, 'key'> {
  readonly keyPrefix: string;
  /** The last key of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface PreferenceReader {
  find(ref: PreferenceRef): Promise<PreferenceRecord | undefined>;
  /** Those of one scope, in byte order of keys. */
  list(query: PreferenceListQuery): Promise<readonly PreferenceRecord[]>;
  /** Every preference of the scopes of a context, in no order. */
  within(context: PreferenceContext): Promise<readonly PreferenceRecord[]>;
}

/** Who changes a preference, when and why; goes into the audit log of preferences with the old and the new value. */
export interface PreferenceChange {
  /** See docs/reference/database.md#conventions. */
  readonly actor: string;
  readonly reason: string | undefined;
  readonly at: Date;
}

/** What one transaction on preferences may do; every write has its audit row. */
export interface PreferenceTransaction extends PreferenceReader {
  /** The preference, undefined when there is none; nobody else changes it until the transaction ends. */
  lock(ref: PreferenceRef): Promise<PreferenceRecord | undefined>;
  /** Writes the next version of a locked preference. */
  write(
    preference: PreferenceRef & { readonly value: unknown; readonly valueType: SettingValueType },
    change: PreferenceChange,
  ): Promise<PreferenceRecord>;
  /** Removes a locked preference, so that weaker scopes show through. */
  remove(preference: PreferenceRecord, change: PreferenceChange): Promise<void>;
}

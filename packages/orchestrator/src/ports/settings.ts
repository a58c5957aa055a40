import type { SettingValueType } from '@cynodeai/contracts/gateway';
import type { SettingRecord } from '../domain/settings/setting.ts';
import type { GatewayAuditLog } from './audit.ts';

export interface SettingListQuery {
  readonly keyPrefix: string;
  /** The last key of the page before. */
  readonly after: string | undefined;
  readonly limit: number;
}

export interface SettingReader {
  find(key: string): Promise<SettingRecord | undefined>;
  /** In byte order of keys. */
  list(query: SettingListQuery): Promise<readonly SettingRecord[]>;
}

/** Who changes a setting, when and why; goes into the audit log of settings with the old and the new value. */
export interface SettingChange {
  /** `user:<uuid>`, `bootstrap` or `system`. */
  readonly actor: string;
  readonly reason: string | undefined;
  readonly at: Date;
}

export interface NewSettingValue {
  readonly key: string;
  readonly value: unknown;
  readonly valueType: SettingValueType;
}

/** What one transaction on settings may do; every write has its audit row and tells the other processes. */
export interface SettingTransaction {
  readonly audit: GatewayAuditLog;
  /** The setting, undefined when there is none; nobody else changes the key until the transaction ends. */
  lock(key: string): Promise<SettingRecord | undefined>;
  /** Writes the next version of a locked setting. */
  write(setting: NewSettingValue, change: SettingChange): Promise<SettingRecord>;
  /** Removes a locked setting. */
  remove(setting: SettingRecord, change: SettingChange): Promise<void>;
}

/** Runs work in one transaction; it is undone when the work rejects. */
export type TransactSettings = <T>(
  work: (transaction: SettingTransaction) => Promise<T>,
) => Promise<T>;

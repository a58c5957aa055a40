import type { SettingValueType } from '@cynodeai/contracts/gateway';

/** A setting or a preference of system scope as the file states it. */
export interface BootstrapEntry {
  readonly key: string;
  readonly value: unknown;
  readonly valueType: SettingValueType;
}

/** A rule of access control; subject, action, resource and effect together tell rules apart. */
export interface BootstrapRule {
  readonly subjectType: 'system' | 'user' | 'group' | 'project' | 'task' | 'agent';
  /** Undefined exactly for subject `system`. */
  readonly subjectId: string | undefined;
  readonly action: string;
  readonly resourceType: string;
  readonly resourcePattern: string;
  readonly effect: 'allow' | 'deny';
  readonly priority: number;
  readonly conditions: Readonly<Record<string, unknown>> | undefined;
}

/** An administrator; the password never leaves memory but as a hash. */
export interface BootstrapAdmin {
  readonly handle: string;
  readonly password: string;
}

/** A checked bootstrap file. See docs/reference/settings.md#bootstrap-file. */
export interface BootstrapFile {
  readonly settings: readonly BootstrapEntry[];
  readonly preferences: readonly BootstrapEntry[];
  readonly rules: readonly BootstrapRule[];
  readonly admin: BootstrapAdmin | undefined;
}

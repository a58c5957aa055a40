import type { SettingValueType } from '@cynodeai/contracts/gateway';

/** From the weakest to the strongest: what stands later wins. */
export const preferenceScopes = ['system', 'group', 'user', 'project', 'task'] as const;

export type PreferenceScope = (typeof preferenceScopes)[number];

/** Names one preference; `scopeId` is undefined exactly for scope `system`. */
export interface PreferenceRef {
  readonly scopeType: PreferenceScope;
  readonly scopeId: string | undefined;
  readonly key: string;
}

/** A preference as it is stored. See docs/reference/database.md#policy-tables. */
export interface PreferenceRecord extends PreferenceRef {
  readonly id: string;
  /** JSON null masks the key of weaker scopes. */
  readonly value: unknown;
  readonly valueType: SettingValueType;
  /** 1 for a new row, one more with every write. */
  readonly version: number;
  readonly updatedAt: Date;
  /** See docs/reference/database.md#conventions. */
  readonly updatedBy: string;
}

/** In what a task or a project stands; what is absent has no preferences. */
export interface PreferenceContext {
  readonly userId?: string | undefined;
  /** Active groups of the user. */
  readonly groupIds: readonly string[];
  readonly projectId?: string | undefined;
  readonly taskId?: string | undefined;
}

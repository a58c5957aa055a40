import type { RoleBinding, RoleName } from '@cynodeai/contracts/gateway';

/** A row of `role_bindings` with the name of its role. */
export interface RoleBindingRecord {
  readonly id: string;
  readonly subjectType: 'user' | 'group';
  readonly subjectId: string;
  readonly role: RoleName;
  /** Absent for scope `system`. */
  readonly projectId: string | undefined;
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A grant as the gateway shows it. See docs/reference/identity-and-policy.md#grants. */
export function roleBindingView(binding: RoleBindingRecord): RoleBinding {
  return {
    binding_id: binding.id,
    subject_type: binding.subjectType,
    subject_id: binding.subjectId,
    role: binding.role,
    scope_type: binding.projectId === undefined ? 'system' : 'project',
    ...(binding.projectId !== undefined && { scope_id: binding.projectId }),
    is_active: binding.isActive,
    updated_at: binding.updatedAt.toISOString(),
  };
}

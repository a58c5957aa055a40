import type { ShownBinding } from '../../gateway/answers.ts';
import type { Result } from '@cynodeai/command-line/output';

/** What is shown of a grant, in the order of the columns. */
export const bindingColumns = [
  'binding_id',
  'role',
  'scope_type',
  'scope_id',
  'is_active',
  'updated_at',
] as const;

/**
 * One grant or its withdrawal in both formats; the record says `scope`, the JSON `scope_type`.
 * See docs/reference/cli.md#user-commands.
 */
export function bindingOutput(
  { binding_id, subject_id: user_id, role, scope_type, scope_id }: ShownBinding,
  outcome: { readonly revoked?: true } = {},
): Result {
  return {
    records: [{ binding_id, user_id, role, scope: scope_type, scope_id, ...outcome }],
    json: { binding_id, user_id, role, scope_type, scope_id, ...outcome },
  };
}

import type { GatewayClient } from '@cynodeai/api-client';
import { gatewayRoutes, type RoleName } from '@cynodeai/contracts/gateway';
import { CliError } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import { type ShownBinding, bindingOf, holding } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { isConfirmed } from '../shared/confirm.ts';
import { bindingOutput } from './binding-fields.ts';
import { findUserId } from '@cynodeai/api-client/find-user';
import type { revokeFlags, userArgs } from './flags.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>;

interface Grant {
  readonly userId: string;
  readonly role: RoleName;
  readonly projectId: string | undefined;
}

/** Filters of the gateway make this one binding; they are applied again, for nothing else may be withdrawn. */
async function findBinding(
  client: GatewayClient,
  { userId, role, projectId }: Grant,
): Promise<ShownBinding | undefined> {
  const scope_type = projectId === undefined ? 'system' : 'project';
  const page = await client.read(gatewayRoutes.listRoleBindings, {
    query: { subject_type: 'user', subject_id: userId, role, scope_type, scope_id: projectId },
  });
  const bindings = holding(page, 'bindings').bindings.map(bindingOf);
  return bindings.find(
    (binding) =>
      binding.is_active &&
      binding.subject_type === 'user' &&
      binding.subject_id === userId &&
      binding.role === role &&
      binding.scope_type === scope_type &&
      binding.scope_id === projectId,
  );
}

/**
 * `cynork users revoke`: asks first, looks the grant up and withdraws it.
 * See docs/reference/identity-and-policy.md#grants and docs/reference/cli.md#user-commands.
 */
export async function revokeRole(
  context: Context,
  { args, flags }: CommandInput<typeof userArgs, typeof revokeFlags>,
): Promise<void> {
  const client = await context.authenticated();
  const { user } = args;
  const { role, projectId } = flags;
  const where = projectId === undefined ? '' : ` in project ${projectId}`;
  const question = `Revoke role ${role} of user ${user}${where}?`;
  if (!(await isConfirmed(context, { question, yes: flags.yes, id: { user_id: user } }))) return;
  const userId = await findUserId(client, user);
  const binding = await findBinding(client, { userId, role, projectId });
  if (binding === undefined) {
    throw new CliError('not_found', `user ${user} has no role ${role}${where}`);
  }
  await client.call(gatewayRoutes.deleteRoleBinding, { params: { id: binding.binding_id } });
  await context.output.print(bindingOutput(binding, { revoked: true }));
}

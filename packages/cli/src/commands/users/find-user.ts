import type { GatewayClient } from '@cynodeai/api-client';
import { uuidSchema } from '@cynodeai/contracts/common';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { CliError } from '../../base/cli-error.ts';
import { holding, userOf } from '../../gateway/answers.ts';

const pageSize = 200;
/** Far beyond what one handle is part of; keeps a broken server from leading us on without end. */
const maxPages = 50;

/**
 * The id of a user given by uuid or handle; a handle is searched for and must match as a whole.
 * @throws CliError `not_found` when nobody has it, and the gateway's own refusals.
 */
export async function findUserId(client: GatewayClient, user: string): Promise<string> {
  const wanted = user.toLowerCase();
  if (uuidSchema.safeParse(wanted).success) return wanted;
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await client.read(gatewayRoutes.listUsers, {
      query: { q: wanted, limit: pageSize, cursor },
    });
    const users = holding(answer, 'users').users.map(userOf);
    const found = users.find(({ handle }) => handle === wanted);
    if (found !== undefined) return found.id;
    if (!answer.next_cursor) break;
    cursor = answer.next_cursor;
  }
  throw new CliError('not_found', `there is no user ${user}; see: cynork users list`);
}

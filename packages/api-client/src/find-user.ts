import { uuidSchema } from '@cynodeai/contracts/common';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { GatewayClient } from './gateway-client.ts';
import { GatewayError } from './gateway-error.ts';

const pageSize = 200;
/** Far beyond what one handle is part of; keeps a broken server from leading us on without end. */
const maxPages = 50;

/**
 * The id of a user given by uuid or handle; a handle is searched for and must match as a whole.
 * @throws GatewayError `not_found` when nobody has it, and the gateway's own refusals.
 */
export async function findUserId(client: GatewayClient, user: string): Promise<string> {
  const wanted = user.toLowerCase();
  if (uuidSchema.safeParse(wanted).success) return wanted;
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await client.read(gatewayRoutes.listUsers, {
      query: { q: wanted, limit: pageSize, cursor },
    });
    if (answer.users === undefined) {
      const text = 'the answer is not of the documented shape: users is missing';
      throw new GatewayError('gateway', text);
    }
    const id = answer.users.find(({ handle }) => handle === wanted)?.id;
    if (id !== undefined) return id;
    if (!answer.next_cursor) break;
    cursor = answer.next_cursor;
  }
  throw new GatewayError('not_found', `there is no user ${user}; see: cynork users list`);
}

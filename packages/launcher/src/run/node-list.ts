import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { messageOf } from '@cynodeai/runtime/std';
import type { Install } from '../install/install.ts';
import { localClient } from './local-client.ts';

/** A node as this install's administrator sees it. */
export interface ListedNode {
  readonly id: string;
  readonly slug: string;
  readonly status: string;
  /** Its own calls cross a network in the clear. */
  readonly isPlain: boolean;
  /** The last attempt to register as this node that was refused. */
  readonly refused: { readonly at: string; readonly address: string | undefined } | undefined;
}

/** The first nodes by slug, or why the gateway does not tell. */
export type NodeList = { readonly nodes: readonly ListedNode[] } | { readonly unknown: string };

const shown = 50;

/** Asks the gateway, which must be answering, as its administrator. */
export async function listNodes(install: Install): Promise<NodeList> {
  const client = localClient(install);
  try {
    const { nodes } = await client.call(gatewayRoutes.listNodes, { query: { limit: shown } });
    return {
      nodes: nodes.map((node) => ({
        id: node.node_id,
        slug: node.node_slug,
        status: node.status,
        isPlain: node.reported.orchestrator_transport === 'plain',
        refused: node.refused_registration && {
          at: node.refused_registration.at,
          address: node.refused_registration.address,
        },
      })),
    };
  } catch (error) {
    return { unknown: messageOf(error) };
  } finally {
    await client.close();
  }
}

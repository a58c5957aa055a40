import { z } from 'zod';
import { nodeSlugSchema } from '../../common/primitives.ts';
import { managerOnly } from '../fields.ts';
import { defineTool } from '../tool.ts';

const summary = {
  node_slug: z.string(),
  status: z.string(),
  labels: z.array(z.string()),
  last_seen_at: z.string().nullable(),
  dispatchable: z.boolean(),
};

/** Tools on nodes; no token stands in what they tell. */
export const nodeTools = [
  defineTool({
    name: 'node.list',
    summary: 'Every node with its state and what it has',
    agents: managerOnly,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({}),
    result: z.object({
      nodes: z.array(
        z.object({ ...summary, capabilities_summary: z.record(z.string(), z.unknown()) }),
      ),
    }),
  }),
  defineTool({
    name: 'node.get',
    summary: 'One node with its last report',
    agents: managerOnly,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({ node_slug: nodeSlugSchema }),
    result: z.object({
      node: z.object({ ...summary, capability_report: z.record(z.string(), z.unknown()) }),
    }),
  }),
] as const;

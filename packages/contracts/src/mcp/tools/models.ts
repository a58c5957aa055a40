import { z } from 'zod';
import { uuidSchema } from '../../common/primitives.ts';
import { managerOnly } from '../fields.ts';
import { defineTool } from '../tool.ts';

/** One version of a model as agents see it. */
export const agentModelSchema = z.object({
  model_id: uuidSchema,
  name: z.string(),
  version: z.string(),
  capabilities: z.record(z.string(), z.unknown()),
  /** Slugs of the nodes that have it. */
  available_on: z.array(z.string()),
});

export type AgentModel = z.infer<typeof agentModelSchema>;

/** Tools on models. */
export const modelTools = [
  defineTool({
    name: 'model.list',
    summary: 'Every model that a node spoke of, with the nodes that have it',
    agents: managerOnly,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({}),
    result: z.object({ models: z.array(agentModelSchema) }),
  }),
  defineTool({
    name: 'model.get',
    summary: 'One model with the nodes that have it',
    agents: managerOnly,
    scope: 'pm',
    work: 'read',
    input: z.strictObject({ model_id: uuidSchema }),
    result: z.object({ model: agentModelSchema }),
  }),
] as const;

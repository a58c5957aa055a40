import { z } from 'zod';
import { uuidSchema } from '../../common/primitives.ts';
import { managerAndAnalyst, nextCursor, pageFields, shortText, times } from '../fields.ts';
import { defineTool } from '../tool.ts';

/** A project as agents see it. */
export const agentProjectSchema = z.object({
  id: uuidSchema,
  slug: z.string(),
  display_name: z.string(),
  description: z.string().nullable(),
  is_active: z.boolean(),
  is_default: z.boolean(),
  owner_user_id: uuidSchema.nullable(),
  ...times,
});

export type AgentProject = z.infer<typeof agentProjectSchema>;

/** Tools on projects. */
export const projectTools = [
  defineTool({
    name: 'db.project.get',
    summary: 'One project the user you work for may see, by id or slug',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    needsUser: true,
    input: z
      .strictObject({ project_id: uuidSchema.optional(), slug: shortText.optional() })
      .refine(({ project_id: id, slug }) => (id === undefined) !== (slug === undefined), {
        message: 'name the project by exactly one of project_id and slug',
      }),
    result: z.object({ project: agentProjectSchema }),
  }),
  defineTool({
    name: 'db.project.list',
    summary: 'Projects the user you work for may see',
    agents: managerAndAnalyst,
    scope: 'pm',
    work: 'read',
    needsUser: true,
    input: z.strictObject({ q: shortText.optional(), ...pageFields }),
    result: z.object({ projects: z.array(agentProjectSchema), ...nextCursor }),
  }),
] as const;

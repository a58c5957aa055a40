import { z } from 'zod';
import { normaliseImageRef } from '../../common/image-ref.ts';
import { textSchema } from '../../common/primitives.ts';
import { managerOnly, nextCursor, pageFields, shortText, taskId } from '../fields.ts';
import { defineTool } from '../tool.ts';

const agentImageSchema = z.object({
  name: z.string(),
  version: z.string(),
  image_ref: z.string(),
  image_digest: z.string().nullable(),
  capabilities: z.record(z.string(), z.unknown()),
});

/** An image that is allowed in sandboxes, as agents see it. */
export type AgentImage = z.infer<typeof agentImageSchema>;

/** Tools on images of sandboxes. */
export const imageTools = [
  defineTool({
    name: 'sandbox.allowed_images.list',
    summary: 'Images on the list of those that are allowed in sandboxes',
    agents: managerOnly,
    scope: 'pm',
    work: 'read',
    input: z.strictObject(pageFields),
    result: z.object({ images: z.array(agentImageSchema), ...nextCursor }),
  }),
  defineTool({
    name: 'sandbox.allowed_images.add',
    summary:
      'Put an image on the list of those that are allowed, where a setting lets agents do so',
    agents: managerOnly,
    scope: 'pm',
    work: 'database',
    needsUser: true,
    input: z.strictObject({
      image_ref: textSchema.refine(
        (ref) => normaliseImageRef(ref) !== undefined,
        'must be an image reference',
      ),
      name: shortText.optional(),
      task_id: taskId.task_id.optional(),
    }),
    result: z.object({ image: agentImageSchema }),
  }),
] as const;

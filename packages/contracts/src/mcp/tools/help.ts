import { z } from 'zod';
import { everyAgent, shortText, taskId } from '../fields.ts';
import { defineTool } from '../tool.ts';

/** What tells an agent of its tools. */
export const helpTools = [
  defineTool({
    name: 'help.get',
    summary: 'What you can do here; a topic is the name of a tool',
    agents: everyAgent,
    scope: 'both',
    work: 'read',
    input: z.strictObject({ ...taskId, topic: shortText.optional(), path: shortText.optional() }),
    result: z.object({ content: z.string(), format: z.literal('markdown') }),
    resultBytes: 64 * 1024 + 256,
  }),
] as const;

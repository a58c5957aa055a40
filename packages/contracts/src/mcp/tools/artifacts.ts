import { z } from 'zod';
import { attachmentFolder } from '../../common/relative-path.ts';
import { base64Schema, uuidSchema } from '../../common/primitives.ts';
import {
  artifactPath,
  everyAgent,
  jobAndRun,
  nextCursor,
  pageFields,
  taskId,
  textUpTo,
  times,
} from '../fields.ts';
import { toolLimits } from '../limits.ts';
import { defineTool } from '../tool.ts';

/** What is known of a file of a task. */
export const agentArtifactSchema = z.object({
  artifact_id: uuidSchema,
  path: z.string(),
  size_bytes: z.int().nonnegative(),
  content_type: z.string().nullable(),
  checksum_sha256: z.string().nullable(),
  ...times,
});

export type AgentArtifact = z.infer<typeof agentArtifactSchema>;

/** Tools on the files of a task. */
export const artifactTools = [
  defineTool({
    name: 'artifact.put',
    summary: 'Store a file of a task, or replace it',
    agents: { ...everyAgent, project_analyst: 'no' },
    scope: 'both',
    work: 'database',
    input: z.strictObject({
      ...taskId,
      path: artifactPath.refine(
        (path) => !path.startsWith(attachmentFolder),
        `must not begin with ${attachmentFolder}, which is for what the user sent`,
      ),
      content_bytes_base64: base64Schema,
      content_type: textUpTo(255).min(1).optional(),
      ...jobAndRun,
    }),
    result: agentArtifactSchema.extend({ created: z.boolean() }),
    argumentBytes: toolLimits.bodyBytes,
  }),
  defineTool({
    name: 'artifact.get',
    summary: 'A file of a task with its content',
    agents: everyAgent,
    scope: 'both',
    work: 'read',
    input: z.strictObject({ ...taskId, path: artifactPath }),
    result: agentArtifactSchema.extend({ content_bytes_base64: base64Schema }),
    resultBytes: toolLimits.fileResultBytes,
  }),
  defineTool({
    name: 'artifact.list',
    summary: 'Files of a task by path, without content',
    agents: everyAgent,
    scope: 'both',
    work: 'read',
    input: z.strictObject({
      ...taskId,
      prefix: textUpTo(512).min(1).optional(),
      ...pageFields,
    }),
    result: z.object({ artifacts: z.array(agentArtifactSchema), ...nextCursor }),
  }),
] as const;

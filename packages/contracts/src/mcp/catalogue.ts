import type { McpTool } from './tool.ts';
import { artifactTools } from './tools/artifacts.ts';
import { helpTools } from './tools/help.ts';
import { imageTools } from './tools/images.ts';
import { jobTools } from './tools/jobs.ts';
import { memoryTools } from './tools/memory.ts';
import { modelTools } from './tools/models.ts';
import { nodeTools } from './tools/nodes.ts';
import { preferenceTools } from './tools/preferences.ts';
import { projectTools } from './tools/projects.ts';
import { reservedTools } from './tools/reserved.ts';
import { settingTools } from './tools/settings.ts';
import { taskTools } from './tools/tasks.ts';
import { verificationTools } from './tools/verifications.ts';
import { workflowTools } from './tools/workflow.ts';

/** Tools that are built. */
export const builtTools = [
  ...taskTools,
  ...jobTools,
  ...verificationTools,
  ...preferenceTools,
  ...settingTools,
  ...projectTools,
  ...artifactTools,
  ...memoryTools,
  ...nodeTools,
  ...modelTools,
  ...imageTools,
  ...workflowTools,
  ...helpTools,
] as const;

export type BuiltTool = (typeof builtTools)[number];

/** Every tool that has a name, by name. See docs/reference/mcp.md#tools. */
export const toolCatalogue: readonly McpTool[] = [...builtTools, ...reservedTools].toSorted(
  (one, other) => (one.name < other.name ? -1 : 1),
);

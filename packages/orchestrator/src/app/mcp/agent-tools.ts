import { toolCatalogue } from '@cynodeai/contracts/mcp';
import type { ToolHandlers } from './tool-handlers.ts';
import { type ArtifactToolDeps, artifactTools } from './tools/artifact-tools.ts';
import { helpTools } from './tools/help-tools.ts';
import { type ImageToolDeps, imageTools } from './tools/image-tools.ts';
import { type JobToolDeps, jobTools } from './tools/job-tools.ts';
import { type MemoryToolDeps, memoryTools } from './tools/memory-tools.ts';
import { type ModelToolDeps, modelTools } from './tools/model-tools.ts';
import { type NodeToolDeps, nodeTools } from './tools/node-tools.ts';
import { type PreferenceToolDeps, preferenceTools } from './tools/preference-tools.ts';
import { type ProjectToolDeps, projectTools } from './tools/project-tools.ts';
import { type SettingToolDeps, settingTools } from './tools/setting-tools.ts';
import { type TaskToolDeps, taskTools } from './tools/task-tools.ts';
import { type VerificationToolDeps, verificationTools } from './tools/verification-tools.ts';
import { workflowTools } from './tools/workflow-tools.ts';

/** What the tools need all together, each of it once. */
export interface AgentToolDeps {
  readonly tasks: TaskToolDeps;
  readonly jobs: JobToolDeps;
  readonly verifications: VerificationToolDeps;
  readonly preferences: PreferenceToolDeps;
  readonly settings: SettingToolDeps;
  readonly projects: ProjectToolDeps;
  readonly artifacts: ArtifactToolDeps;
  readonly memories: MemoryToolDeps;
  readonly nodes: NodeToolDeps;
  readonly models: ModelToolDeps;
  readonly images: ImageToolDeps;
}

/** The handlers of every tool that is built. */
export function agentTools(deps: AgentToolDeps): ToolHandlers {
  return {
    ...taskTools(deps.tasks),
    ...jobTools(deps.jobs),
    ...verificationTools(deps.verifications),
    ...preferenceTools(deps.preferences),
    ...settingTools(deps.settings),
    ...projectTools(deps.projects),
    ...artifactTools(deps.artifacts),
    ...memoryTools(deps.memories),
    ...nodeTools(deps.nodes),
    ...modelTools(deps.models),
    ...imageTools(deps.images),
    ...workflowTools(deps.tasks),
    ...helpTools(toolCatalogue),
  };
}

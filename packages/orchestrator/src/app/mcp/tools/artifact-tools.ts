import { toolLimits } from '@cynodeai/contracts/mcp';
import type { Clock } from '@cynodeai/runtime/std';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import type { AgentArtifactReader, StoredAgentArtifact } from '../../../ports/agent-views.ts';
import type { BlobReader } from '../../../ports/blobs.ts';
import type { BlobWriter } from '../../../ports/blobs-writer.ts';
import type { HandlersBelow } from '../tool-handlers.ts';
import { taskIdOf } from './call-user.ts';
import { pageByText } from './pages.ts';

export interface ArtifactToolDeps {
  readonly artifacts: AgentArtifactReader;
  readonly blobs: BlobReader & Pick<BlobWriter, 'write'>;
  readonly seal: Seal;
  readonly clock: Clock;
}

function viewOf({ storageRef: _storageRef, ...view }: StoredAgentArtifact) {
  return view;
}

/** Handlers of the tools on files of a task. See docs/reference/mcp.md#tools. */
export function artifactTools(deps: ArtifactToolDeps): HandlersBelow<'artifact'> {
  const { artifacts, blobs, seal, clock } = deps;
  return {
    'artifact.put': async (call, { path, content_bytes_base64: text, content_type: type }) => {
      const bytes = Buffer.from(text, 'base64');
      if (bytes.length > toolLimits.fileBytes) {
        throw new ToolRefusal(
          'invalid_arguments',
          `the file is larger than ${toolLimits.fileBytes} bytes`,
        );
      }
      // Nobody knows of the blob until the row names it; one that no row came to name is swept.
      const blob = await blobs.write(bytes);
      const { jobId, runId } = call.scope;
      return (effects) =>
        effects.artifacts.put({
          taskId: taskIdOf(call),
          jobId,
          runId,
          path,
          storageRef: blob.storageRef,
          sizeBytes: blob.sizeBytes,
          sha256: blob.sha256,
          claim: blob.claim,
          contentType: type,
          at: clock.now(),
        });
    },
    'artifact.get': async (call, { path }) => {
      const stored = await artifacts.find(taskIdOf(call), path);
      if (stored === undefined) {
        throw new ToolRefusal('not_found', 'the task has no file of that path; list them');
      }
      if (stored.size_bytes > toolLimits.fileBytes) {
        throw new ToolRefusal('response_too_large', 'the file is too large to be read by a tool');
      }
      const bytes = await blobs.read(stored.storageRef);
      const content = Buffer.from(bytes).toString('base64');
      return { ...viewOf(stored), content_bytes_base64: content };
    },
    'artifact.list': async (call, { prefix = '', ...page }) => {
      const taskId = taskIdOf(call);
      const pathOf = (row: StoredAgentArtifact): string => row.path;
      const { rows, next_cursor } = await pageByText(seal, page, pathOf, (after, limit) =>
        artifacts.list(taskId, { prefix, after, limit }),
      );
      return { artifacts: rows.map(viewOf), next_cursor };
    },
  };
}

import { utf8Bytes } from '@cynodeai/contracts/common';
import { memoryLimits } from '@cynodeai/contracts/mcp';
import type { Clock } from '@cynodeai/runtime/std';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import type { MemoryReader } from '../../../ports/agent-views.ts';
import type { JobMemory } from '../../../ports/tool-effects.ts';
import type { HandlersBelow } from '../tool-handlers.ts';
import { pageByText } from './pages.ts';

export interface MemoryToolDeps {
  readonly memories: MemoryReader;
  readonly seal: Seal;
  readonly clock: Clock;
}

/** Handlers of the tools on what a job remembers. See docs/reference/mcp.md#tools. */
export function memoryTools({ memories, seal, clock }: MemoryToolDeps): HandlersBelow<'memory'> {
  return {
    'memory.add': async (_call, args) => async (effects) => {
      const { task_id: taskId, job_id: jobId, key, content, summary } = args;
      const sizeBytes = utf8Bytes(content);
      const { entries, bytes } = await effects.memories.others(jobId, key);
      if (entries >= memoryLimits.entries || bytes + sizeBytes > memoryLimits.jobBytes) {
        const most = `${memoryLimits.entries} entries and ${memoryLimits.jobBytes} bytes`;
        throw new ToolRefusal('quota_exceeded', `a job remembers at most ${most}; delete some`);
      }
      const memory = { taskId, jobId, key, content, summary, sizeBytes };
      await effects.memories.put(memory, clock.now());
      return { key, size_bytes: sizeBytes };
    },
    'memory.list': async (_call, { job_id: jobId, limit, cursor }) => {
      const keyOf = (row: Omit<JobMemory, 'content'>): string => row.key;
      const page = await pageByText(seal, { limit, cursor }, keyOf, (after, most) =>
        memories.list(jobId, { prefix: '', after, limit: most }),
      );
      const entries = page.rows.map(({ key, summary = null, sizeBytes }) => ({
        key,
        summary,
        size_bytes: sizeBytes,
      }));
      return { entries, next_cursor: page.next_cursor };
    },
    'memory.retrieve': async (_call, { job_id: jobId, key }) => {
      const found = await memories.find(jobId, key);
      if (found === undefined)
        throw new ToolRefusal('not_found', 'nothing has that key; list them');
      return found;
    },
    'memory.delete':
      async (_call, { job_id: jobId, key }) =>
      async (effects) => ({ deleted: await effects.memories.remove(jobId, key) }),
  };
}

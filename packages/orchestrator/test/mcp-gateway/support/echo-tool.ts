import { z } from 'zod';
import type { RegisteredTool } from '../../../src/app/mcp/tool-registry.ts';

/** A tool that answers with its argument and touches nothing, for every agent. */
export function echoTool(name: string): RegisteredTool {
  return {
    tool: {
      name,
      summary: 'Answers with its argument',
      agents: { project_manager: 'yes', project_analyst: 'yes', sandbox: 'yes' },
      scope: 'both',
      work: 'read',
      input: z.strictObject({ text: z.string() }),
      result: z.object({ text: z.string() }),
    },
    handler: { work: 'read', run: async (_call, { text }) => ({ text }) },
  };
}

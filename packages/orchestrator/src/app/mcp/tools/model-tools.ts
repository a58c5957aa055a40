import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { AgentModelReader } from '../../../ports/agent-views.ts';
import type { HandlersBelow } from '../tool-handlers.ts';

export interface ModelToolDeps {
  readonly models: AgentModelReader;
}

/** Handlers of the tools on models. See docs/reference/mcp.md#tools. */
export function modelTools({ models }: ModelToolDeps): HandlersBelow<'model'> {
  return {
    'model.list': async () => ({ models: [...(await models.list())] }),
    'model.get': async (_call, { model_id: modelId }) => {
      const [model] = await models.list(modelId);
      if (model === undefined) throw new ToolRefusal('not_found', 'no such model; list them');
      return { model };
    },
  };
}

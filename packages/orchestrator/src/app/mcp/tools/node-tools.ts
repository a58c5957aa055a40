import { isRecord } from '@cynodeai/runtime/std';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { AgentNode, AgentNodeReader } from '../../../ports/agent-views.ts';
import type { HandlersBelow } from '../tool-handlers.ts';

export interface NodeToolDeps {
  readonly nodes: AgentNodeReader;
}

/** Parts of a report that say what a node has. */
const told = ['platform', 'compute', 'gpu', 'sandbox', 'inference'];

function viewOf({ slug, status, labels, lastSeenAt, dispatchable }: AgentNode) {
  return {
    node_slug: slug,
    status,
    labels: [...labels],
    last_seen_at: lastSeenAt?.toISOString() ?? null,
    dispatchable,
  };
}

function summaryOf({ report }: AgentNode): Record<string, unknown> {
  const parts = told.flatMap((part) => (isRecord(report[part]) ? [[part, report[part]]] : []));
  return Object.fromEntries(parts);
}

/** Handlers of the tools on nodes. See docs/reference/mcp.md#tools. */
export function nodeTools({ nodes }: NodeToolDeps): HandlersBelow<'node'> {
  return {
    'node.list': async () => ({
      nodes: (await nodes.list()).map((node) => ({
        ...viewOf(node),
        capabilities_summary: summaryOf(node),
      })),
    }),
    'node.get': async (_call, { node_slug: slug }) => {
      const [node] = await nodes.list(slug);
      if (node === undefined) throw new ToolRefusal('not_found', 'no such node; list them');
      return { node: { ...viewOf(node), capability_report: { ...node.report } } };
    },
  };
}

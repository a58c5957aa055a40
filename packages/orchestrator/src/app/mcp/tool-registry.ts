import { type McpTool, aliasOf, toolCatalogue } from '@cynodeai/contracts/mcp';
import type { ToolEffects } from '../../ports/tool-effects.ts';
import type { ToolCall, ToolHandlers } from './tool-handlers.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** What runs a tool, by the kind of its work. */
export type ToolRun =
  | {
      readonly work: 'read' | 'outside';
      readonly run: (call: ToolCall, args: Arguments) => Promise<unknown>;
    }
  | {
      readonly work: 'database';
      readonly run: (
        call: ToolCall,
        args: Arguments,
      ) => Promise<(effects: ToolEffects) => Promise<unknown>>;
    }
  | { readonly work: 'reserved' };

/** A tool with what runs it. */
export interface RegisteredTool {
  readonly tool: McpTool;
  readonly handler: ToolRun;
}

/** Tools by name; an alias finds the tool it is the second name of. */
export class ToolRegistry {
  readonly #byName: ReadonlyMap<string, RegisteredTool>;
  /** In order of name. */
  readonly tools: readonly RegisteredTool[];

  constructor(tools: readonly RegisteredTool[]) {
    this.tools = tools.toSorted((one, other) => (one.tool.name < other.tool.name ? -1 : 1));
    const aliases = this.tools.flatMap((entry) => {
      const alias = aliasOf(entry.tool.name);
      return alias === undefined ? [] : [[alias, entry] as const];
    });
    this.#byName = new Map([
      ...aliases,
      ...this.tools.map((entry) => [entry.tool.name, entry] as const),
    ]);
  }

  find(name: string): RegisteredTool | undefined {
    return this.#byName.get(name);
  }
}

/** The catalogue with its handlers, and what a test adds. */
export function registryOf(
  handlers: ToolHandlers,
  more: readonly RegisteredTool[] = [],
): ToolRegistry {
  // The type of `handlers` pairs each with its own tool; here only names and kinds of work are left of it.
  const runs = handlers as unknown as Readonly<Record<string, never>>;
  const entries = toolCatalogue.map((tool): RegisteredTool => {
    if (tool.work === 'reserved') return { tool, handler: { work: 'reserved' } };
    const run = runs[tool.name];
    if (run === undefined) throw new Error(`${tool.name} has no handler`);
    return { tool, handler: { work: tool.work, run } };
  });
  return new ToolRegistry([...entries, ...more]);
}

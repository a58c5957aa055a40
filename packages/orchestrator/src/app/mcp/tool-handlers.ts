import type { BuiltTool, McpTool, ToolArguments, ToolResult } from '@cynodeai/contracts/mcp';
import type { AgentCaller } from '../../domain/mcp/agent-caller.ts';
import type { CallScope } from '../../domain/mcp/judge-scope.ts';
import type { ToolEffects } from '../../ports/tool-effects.ts';

/** How far a call has come, as its caller is told. */
export interface ToolProgress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** An admitted call, as its tool sees it. */
export interface ToolCall {
  readonly caller: AgentCaller;
  readonly scope: CallScope;
  readonly requestId: string;
  readonly ip: string;
  readonly at: Date;
  /** Milliseconds since the call arrived. */
  readonly elapsedMs: () => number;
  /** Fires when the client leaves or the time is over. */
  readonly signal: AbortSignal;
  readonly progress: (progress: ToolProgress) => Promise<void>;
}

/** Answers without changing anything. */
export type ReadHandler<Args, Result> = (call: ToolCall, args: Args) => Promise<Result>;

/**
 * Prepares what needs no transaction, such as a stored blob that nobody knows of yet, and answers with the effect. The
 * effect runs in the transaction of the call's row and makes no call over the network.
 */
export type EffectHandler<Args, Result> = (
  call: ToolCall,
  args: Args,
) => Promise<(effects: ToolEffects) => Promise<Result>>;

/** What a tool of that kind of work is made of. */
export type HandlerOf<T extends McpTool> = T['work'] extends 'database'
  ? EffectHandler<ToolArguments<T>, ToolResult<T>>
  : ReadHandler<ToolArguments<T>, ToolResult<T>>;

/** Handlers of the tools of a group, by name: the compiler asks for each. */
export type HandlersOf<T extends McpTool> = {
  readonly [Tool in T as Tool['name']]: HandlerOf<Tool>;
};

/** Handlers of every tool that is built. */
export type ToolHandlers = HandlersOf<BuiltTool>;

/** Handlers of the tools whose names begin so. */
export type HandlersBelow<Prefix extends string> = HandlersOf<
  Extract<BuiltTool, { readonly name: `${Prefix}.${string}` }>
>;

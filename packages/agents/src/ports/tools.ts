import type {
  BuiltTool,
  SentArguments,
  ToolErrorType,
  ToolResult as ResultOf,
} from '@cynodeai/contracts/mcp';

export type ToolName = BuiltTool['name'];

type ToolOf<N extends ToolName> = Extract<BuiltTool, { readonly name: N }>;

/** Arguments of a tool, as they are sent. */
export type ToolInput<N extends ToolName> = SentArguments<ToolOf<N>>;

/** What stands below `result` of its answer. */
export type ToolResult<N extends ToolName> = ResultOf<ToolOf<N>>;

/** A call of a tool that was refused or failed, in the gateway's words. */
export class ToolFailure extends Error {
  readonly type: ToolErrorType | 'unreachable';

  constructor(type: ToolErrorType | 'unreachable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

/** The tools of one agent: what it may know and do, and nothing beside. See docs/reference/mcp.md. */
export interface Tools {
  /** @throws ToolFailure, and when the signal fires */
  call<N extends ToolName>(
    name: N,
    args: ToolInput<N>,
    signal: AbortSignal,
  ): Promise<ToolResult<N>>;
}

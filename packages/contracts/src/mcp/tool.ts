import type { z } from 'zod';

/** Kinds of agents that call tools. See docs/reference/mcp.md#agents. */
export const toolAgents = ['project_manager', 'project_analyst', 'sandbox'] as const;

export type ToolAgent = (typeof toolAgents)[number];

/**
 * Whether a kind of agent may call a tool: `yes`, `no`, or only with a rule that allows it; `on_tasks` is yes for what
 * belongs to a task and with a rule for the rest. See docs/reference/mcp.md#agents.
 */
export type Allowed = 'yes' | 'no' | 'rule' | 'on_tasks';

/**
 * What a call touches, which decides when its audit row is written: it reads the database, it changes the database, or
 * it does something elsewhere; `reserved` is a name without a tool behind it. See docs/reference/mcp.md#audit.
 */
export type ToolWork = 'read' | 'database' | 'outside' | 'reserved';

/** One tool as data: the list, the checks, the audit and the documentation read it. */
export interface McpTool {
  /** `namespace.operation`, stable. */
  readonly name: string;
  readonly summary: string;
  readonly agents: Readonly<Record<ToolAgent, Allowed>>;
  /** For whom it was made: agents in sandboxes, those beside the orchestrator, or both. */
  readonly scope: 'sandbox' | 'pm' | 'both';
  readonly work: ToolWork;
  /** A call in nobody's name is refused, for there is nobody whose rights could count. */
  readonly needsUser?: boolean;
  /** Arguments; unknown ones are refused. */
  readonly input: z.ZodObject;
  /** What stands below `result` of an answer. */
  readonly result: z.ZodObject;
  /** The scoped id that a call may make up for what it makes. */
  readonly makes?: ScopedId;
  /** Largest arguments and result as JSON, bytes, where they differ from the usual ones. */
  readonly argumentBytes?: number;
  readonly resultBytes?: number;
  /** Longest run, ms, where it differs from the usual one. */
  readonly timeoutMs?: number;
}

/** Keeps the literal types of a tool, so that its handler is typed from it. */
export function defineTool<const T extends McpTool>(tool: T): T {
  return tool;
}

/** Ids by which a call names what it is about; each is held against the caller before anything runs. */
export const scopedIds = ['task_id', 'run_id', 'job_id'] as const;

export type ScopedId = (typeof scopedIds)[number];

/** The ids by which a call of a tool names what is there, with whether it needs them. */
export function scopedIdsOf(
  tool: Pick<McpTool, 'input' | 'makes'>,
): Partial<Record<ScopedId, boolean>> {
  const found = scopedIds.flatMap((id) => {
    const field: z.core.$ZodType | undefined = tool.input.shape[id];
    return field === undefined || tool.makes === id
      ? []
      : [[id, field._zod.optin !== 'optional'] as const];
  });
  return Object.fromEntries(found);
}

/** The second name of a `db.` tool, without the prefix; lists, audit and rules have the first. */
export function aliasOf(name: string): string | undefined {
  return name.startsWith('db.') ? name.slice(3) : undefined;
}

/** The arguments of a tool as they were checked. */
export type ToolArguments<T extends McpTool> = z.infer<T['input']>;

/** What a tool answers with. */
export type ToolResult<T extends McpTool> = z.input<T['result']>;

/** The arguments of a tool as they are sent. */
export type SentArguments<T extends McpTool> = z.input<T['input']>;

import {
  type McpTool,
  type ToolError,
  scopedIdsOf,
  toolErrors,
  toolLimits,
} from '@cynodeai/contracts/mcp';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf, uuidv7 } from '@cynodeai/runtime/std';
import type { AgentCaller } from '../../domain/mcp/agent-caller.ts';
import type { CallRate } from '../../domain/mcp/call-rate.ts';
import { type CallScope, idsOf, judgeScope } from '../../domain/mcp/judge-scope.ts';
import { isGranted, isInScope, isListedFor } from '../../domain/mcp/judge-tool.ts';
import { ToolRefusal, errorOf, refusalOf } from '../../domain/mcp/tool-refusal.ts';
import type { CallEnd, CallLog, CallRow, FindScope } from '../../ports/mcp.ts';
import type { DecideAccessDeps } from '../access/decide-access.ts';
import { checkArguments, checkResult } from './check-shape.ts';
import { judgeToolCall } from './judge-tool-call.ts';
import type { ToolCall, ToolProgress } from './tool-handlers.ts';
import type { RegisteredTool, ToolRegistry } from './tool-registry.ts';
import type { ToolSwitches } from './tool-switches.ts';
import { withDeadline } from './with-deadline.ts';

export interface CallToolDeps {
  readonly registry: ToolRegistry;
  readonly switches: ToolSwitches;
  readonly findScope: FindScope;
  readonly access: DecideAccessDeps;
  readonly rate: CallRate;
  readonly calls: CallLog;
  readonly clock: Clock;
  readonly log: Log;
}

/** One `tools/call`, behind the door: its size was checked, its caller is known, its message was read. */
export interface ToolRequest {
  readonly caller: AgentCaller;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  readonly ip: string;
  /** Fires when the client leaves. */
  readonly signal: AbortSignal;
  readonly progress: (progress: ToolProgress) => Promise<void>;
}

export type ToolAnswer =
  | { readonly kind: 'success'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: ToolError };

/** What is known of a call so far; each step adds its part. */
interface OpenCall {
  readonly request: ToolRequest;
  readonly id: string;
  readonly at: Date;
  readonly elapsedMs: () => number;
  entry?: RegisteredTool;
  args?: Readonly<Record<string, unknown>>;
  scope?: CallScope;
  ruleId?: string | undefined;
  reason?: string;
}

type Step = (deps: CallToolDeps, call: OpenCall) => void | Promise<void>;

function toolOf({ entry }: OpenCall): McpTool {
  if (entry === undefined) throw new Error('the tool of a call is not known yet');
  return entry.tool;
}

/** 4. The tool is known. */
const known: Step = ({ registry }, call) => {
  const entry = registry.find(call.request.name);
  if (entry === undefined) throw new ToolRefusal('unknown_tool', 'no such tool; list them');
  call.entry = entry;
};

/** 5. It is not switched off. */
const enabled: Step = async ({ switches }, call) => {
  if (!(await switches.isDisabled(toolOf(call).name))) return;
  throw new ToolRefusal('tool_disabled', 'an administrator has switched this tool off');
};

/** 6. The table of who may lists it for this kind of agent. */
const allowlisted: Step = (_deps, call) => {
  if (isListedFor(call.request.caller, toolOf(call))) return;
  throw new ToolRefusal('not_allowlisted', 'this tool is not for agents of your kind');
};

/** 7. It was made for where the agent runs. */
const inScope: Step = (_deps, call) => {
  if (isInScope(call.request.caller, toolOf(call))) return;
  throw new ToolRefusal('scope_denied', 'this tool is not for where you run');
};

/** 8. The arguments have the tool's shape. */
const wellFormed: Step = (_deps, call) => {
  const tool = toolOf(call);
  const needed = Object.entries(scopedIdsOf(tool)).filter(([, isNeeded]) => isNeeded);
  const missing = needed.map(([id]) => id).filter((id) => call.request.args[id] === undefined);
  if (missing.length > 0) {
    throw new ToolRefusal('missing_scoped_id', `${missing.join(', ')} must say what it is about`);
  }
  call.args = checkArguments(tool, call.request.args);
};

/** 9. What it names is the caller's to ask for; ids that do not exist and those of others are told apart for nobody. */
const inContext: Step = async ({ findScope }, call) => {
  const { caller } = call.request;
  const ids = idsOf(toolOf(call), call.args ?? {});
  const isNamed = Object.keys(ids).length > 0;
  const found = isNamed ? await findScope(ids) : {};
  const changes = toolOf(call).work !== 'read';
  const verdict = judgeScope(caller, ids, found, changes);
  if (verdict.kind === 'refused') {
    const message =
      verdict.type === 'context_missing'
        ? 'nobody has handed you work yet: there is no run context'
        : `${Object.keys(ids).join(', ')} is not available to this caller`;
    throw new ToolRefusal(verdict.type, message);
  }
  if (toolOf(call).needsUser === true && caller.user === undefined) {
    throw new ToolRefusal('context_missing', 'nobody has handed you work yet: there is no user');
  }
  call.scope = verdict.scope;
};

/** 10. No rule denies it, and a rule allows it where the table alone does not. */
const permitted: Step = async ({ access }, call) => {
  const { caller } = call.request;
  const tool = toolOf(call);
  const args = call.args ?? {};
  const decision = await judgeToolCall(access, {
    caller,
    scope: call.scope ?? {},
    tool: tool.name,
    args,
    at: call.at,
    isGranted: isGranted(tool.agents[caller.agent], args),
  });
  call.ruleId = decision.ruleId;
  call.reason = decision.reason;
  if (decision.decision === 'allow') return;
  throw new ToolRefusal('policy_denied', 'the access rules do not allow this call');
};

/** 11. The caller is not too fast. */
const unhurried: Step = async ({ rate, switches, clock }, call) => {
  const { agent, tokenId, contextId = '' } = call.request.caller;
  const max =
    agent === 'project_manager' ? await switches.managerRate() : toolLimits.callsPerMinute;
  if (rate.admit(`${tokenId} ${contextId}`, max, clock.now().getTime())) return;
  throw new ToolRefusal('rate_limit', `more than ${max} calls a minute; wait a little`);
};

/** The order is fixed: the first that fails decides what the caller is told. See docs/reference/mcp.md#pipeline. */
const steps: readonly Step[] = [
  known,
  enabled,
  allowlisted,
  inScope,
  wellFormed,
  inContext,
  permitted,
  unhurried,
];

function rowOf(call: OpenCall): CallRow {
  const { caller, requestId, name } = call.request;
  const scope = call.scope ?? {};
  return {
    id: call.id,
    receivedAt: call.at,
    caller,
    taskId: scope.taskId,
    projectId: scope.projectId,
    runId: scope.runId,
    jobId: scope.jobId,
    tool: call.entry?.tool.name ?? name.slice(0, toolLimits.keyChars),
    ruleId: call.ruleId,
    reason: call.reason,
    requestId,
  };
}

/** The end of a call, from what it threw; undefined: nothing. */
function endOf({ clock }: CallToolDeps, call: OpenCall, error: unknown): CallEnd {
  const errorType = error === undefined ? undefined : refusalOf(error).code;
  return {
    decision: errorType === undefined ? 'allow' : toolErrors[errorType].decision,
    errorType,
    durationMs: Math.round(call.elapsedMs()),
    completedAt: clock.now(),
  };
}

function contextOf(call: OpenCall, signal: AbortSignal): ToolCall {
  const { caller, requestId, ip, progress } = call.request;
  const { at, elapsedMs, scope = {} } = call;
  return { caller, scope, requestId, ip, at, elapsedMs, signal, progress };
}

/** 12. to 15. for what changes nothing: run, check, and only then the row, which a reader has before its answer. */
async function read(
  deps: CallToolDeps,
  call: OpenCall,
  run: (context: ToolCall) => Promise<unknown>,
): Promise<unknown> {
  const tool = toolOf(call);
  const result = await withDeadline(
    tool.timeoutMs ?? toolLimits.timeoutMs,
    call.request.signal,
    async (signal) => checkResult(tool, await run(contextOf(call, signal))),
  );
  await writeRow(deps, call, undefined);
  return result;
}

/** 12. to 15. for what changes the database: effect and row in one transaction. */
async function change(
  deps: CallToolDeps,
  call: OpenCall,
  run: Extract<RegisteredTool['handler'], { work: 'database' }>['run'],
): Promise<unknown> {
  const tool = toolOf(call);
  const timeoutMs = tool.timeoutMs ?? toolLimits.timeoutMs;
  // A client that leaves stops nothing: half of an effect is none, and the row tells which it was.
  const context = contextOf(call, AbortSignal.timeout(timeoutMs));
  const effect = await run(context, call.args ?? {});
  const committed = await deps.calls
    .commit(
      rowOf(call),
      async (effects) => {
        const result = checkResult(tool, await effect(effects));
        // Every statement has a limit of its own; what took too long all in all is undone here.
        if (context.signal.aborted) throw new ToolRefusal('tool_timeout', 'it took too long');
        return result;
      },
      (error) => endOf(deps, call, error),
    )
    .catch((error: unknown) => {
      throw new AuditUnavailable(error);
    });
  if (committed.ok) return committed.value;
  throw new Audited(committed.error);
}

/** 12. to 15. for what acts elsewhere: the row first, as if it had been interrupted, then completed once. */
async function actElsewhere(
  deps: CallToolDeps,
  call: OpenCall,
  run: (context: ToolCall) => Promise<unknown>,
): Promise<unknown> {
  const tool = toolOf(call);
  await deps.calls.open(rowOf(call)).catch((error: unknown) => {
    throw new AuditUnavailable(error);
  });
  const [result, error] = await withDeadline(
    tool.timeoutMs ?? toolLimits.timeoutMs,
    call.request.signal,
    async (signal) => checkResult(tool, await run(contextOf(call, signal))),
  ).then(
    (value) => [value, undefined] as const,
    (failure: unknown) => [undefined, failure ?? new Error('it failed')] as const,
  );
  // A row that cannot be completed stays interrupted, and so it is told.
  await deps.calls.complete(call.id, endOf(deps, call, error)).catch((failure: unknown) => {
    throw new Audited(failure);
  });
  if (error !== undefined) throw new Audited(error);
  return result;
}

/** The call has its row already. */
class Audited extends Error {
  constructor(cause: unknown) {
    super('the call has failed and has its row', { cause });
  }
}

/** The row cannot be written: nothing was done. */
class AuditUnavailable extends Error {
  constructor(cause: unknown) {
    super('the row of a call cannot be written', { cause });
  }
}

async function writeRow(deps: CallToolDeps, call: OpenCall, error: unknown): Promise<void> {
  try {
    await deps.calls.insert(rowOf(call), endOf(deps, call, error));
  } catch (failure) {
    throw new AuditUnavailable(failure);
  }
}

async function run(deps: CallToolDeps, call: OpenCall): Promise<unknown> {
  const handler = call.entry?.handler;
  switch (handler?.work) {
    case 'read':
      return read(deps, call, (context) => handler.run(context, call.args ?? {}));
    case 'database':
      return change(deps, call, handler.run);
    case 'outside':
      return actElsewhere(deps, call, (context) => handler.run(context, call.args ?? {}));
    case 'reserved':
    case undefined:
      throw new ToolRefusal('not_implemented', 'this tool is to come; do without it');
  }
}

/** 16. What the caller is told of a failure; faults of ours go to the log. */
function told(deps: CallToolDeps, call: OpenCall, error: unknown): ToolAnswer {
  const refusal = refusalOf(error);
  if (refusal.code === 'internal' || refusal.code === 'invalid_response') {
    const { requestId } = call.request;
    const tool = rowOf(call).tool;
    deps.log.error('a tool failed', { request_id: requestId, tool, err: refusal.cause ?? error });
  }
  return { kind: 'error', error: errorOf(refusal) };
}

/**
 * Runs one call of a tool, with exactly one row whatever comes of it. See docs/reference/mcp.md#pipeline and
 * docs/reference/mcp.md#audit.
 */
export async function callTool(deps: CallToolDeps, request: ToolRequest): Promise<ToolAnswer> {
  const startedAt = performance.now();
  const at = deps.clock.now();
  const elapsedMs = (): number => performance.now() - startedAt;
  const call: OpenCall = { request, id: uuidv7(at.getTime()), at, elapsedMs };
  try {
    for (const step of steps) await step(deps, call);
    return { kind: 'success', result: await run(deps, call) };
  } catch (error) {
    return failed(deps, call, error);
  }
}

async function failed(deps: CallToolDeps, call: OpenCall, error: unknown): Promise<ToolAnswer> {
  if (error instanceof Audited) return told(deps, call, error.cause);
  try {
    if (error instanceof AuditUnavailable) throw error;
    await writeRow(deps, call, error);
    return told(deps, call, error);
  } catch (failure) {
    const cause = failure instanceof Error ? failure.cause : failure;
    const { requestId } = call.request;
    deps.log.error('the row of a call cannot be written', {
      request_id: requestId,
      error: messageOf(cause),
    });
    // Only of a connection that was lost at the very commit nobody knows which way it went.
    const message =
      'the audit log cannot be written, so the call was not carried out; look before you try again';
    return told(deps, call, new ToolRefusal('audit_unavailable', message, { cause }));
  }
}

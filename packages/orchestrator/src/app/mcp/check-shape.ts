import { utf8Bytes } from '@cynodeai/contracts/common';
import { type McpTool, toolLimits } from '@cynodeai/contracts/mcp';
import { checkPayload } from '../../domain/nodes/check-payload.ts';
import { ToolRefusal } from '../../domain/mcp/tool-refusal.ts';

const maxFaults = 20;

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Names of fields are the caller's own words: they are cut, values are never told. */
function faultsOf(issues: readonly Issue[]): { field: string; message: string }[] {
  return issues.slice(0, maxFaults).map(({ path, message }) => ({
    field: path.map(String).join('.').slice(0, toolLimits.keyChars),
    message: message.slice(0, 512),
  }));
}

/**
 * The arguments by the tool's schema; also where that lets anything in, nothing that the database cannot keep.
 * @throws ToolRefusal `invalid_arguments`, OrchestratorError `input_invalid`.
 */
export function checkArguments(
  tool: McpTool,
  args: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const max = tool.argumentBytes ?? toolLimits.argumentBytes;
  if (utf8Bytes(JSON.stringify(args)) > max) {
    throw new ToolRefusal('invalid_arguments', `the arguments are larger than ${max} bytes`);
  }
  const parsed = tool.input.safeParse(args);
  if (parsed.success) {
    checkPayload(parsed.data);
    return parsed.data;
  }
  const faults = faultsOf(parsed.error.issues);
  const [first] = faults;
  const where = first === undefined || first.field === '' ? '' : `${first.field}: `;
  throw new ToolRefusal('invalid_arguments', `${where}${first?.message ?? 'not valid'}`, {
    details: { errors: faults },
  });
}

/** The result by the tool's schema, without what that does not name. @throws ToolRefusal `invalid_response`, `response_too_large`. */
export function checkResult(tool: McpTool, result: unknown): unknown {
  const parsed = tool.result.safeParse(result);
  if (!parsed.success) {
    throw new ToolRefusal('invalid_response', 'the tool broke its own contract', {
      cause: parsed.error,
    });
  }
  const max = tool.resultBytes ?? toolLimits.resultBytes;
  if (utf8Bytes(JSON.stringify(parsed.data)) > max) {
    throw new ToolRefusal(
      'response_too_large',
      `the result is larger than ${max} bytes; ask for less at a time`,
    );
  }
  return parsed.data;
}

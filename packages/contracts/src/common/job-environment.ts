import { limits } from './limits.ts';
import { utf8Bytes } from './primitives.ts';

/** Names of variables that every shell takes. */
export const envNamePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Names the node sets itself: a new task with one of them is refused; what reaches a node under one is dropped with a
 * warning. See docs/reference/sandbox.md#variables.
 */
export const reservedEnvPattern =
  /^(?:CYNODE_.*|SBA_.*|INFERENCE_.*|OLLAMA_BASE_URL|MCP_GATEWAY_URL)$/;

/** What is wrong with the variables of a new task, in words that hold no value; undefined when nothing is. */
export function envFault(env: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(env);
  if (entries.length > limits.envCount) {
    return `there are ${entries.length} variables; a task takes at most ${limits.envCount}`;
  }
  let bytes = 0;
  for (const [name, value] of entries) {
    if (!envNamePattern.test(name) || name.length > limits.envNameChars) {
      return `${JSON.stringify(name.slice(0, 64))} is no name of a variable: letters, digits and underscores, no digit first`;
    }
    if (reservedEnvPattern.test(name)) {
      return `the variable ${name} is set by the node itself; choose another name`;
    }
    const size = utf8Bytes(value);
    if (size > limits.inlineTextBytes) {
      return `the variable ${name} has more than ${limits.inlineTextBytes / 1024} KiB; send it as a file: --attach`;
    }
    bytes += name.length + size;
  }
  if (bytes <= limits.envBytes) return undefined;
  return `the variables have more than ${limits.envBytes / 1024} KiB together; send some as files: --attach`;
}

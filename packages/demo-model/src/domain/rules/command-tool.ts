import type { ModelTool, OllamaToolCall } from '@cynodeai/contracts/model';

/** A tool that runs commands, and how to call it. */
export interface CommandTool {
  call(command: string): OllamaToolCall;
}

const runs = /(?:^|[^a-z])(?:exec|execute|run|shell|bash|command|commands|terminal)(?:[^a-z]|$)/i;
/** Names of the argument that takes the command, best first. */
const argumentNames = ['command', 'cmd', 'commands', 'script', 'argv'] as const;

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}

function commandTool({ function: tool }: ModelTool): CommandTool | undefined {
  const spaced = tool.name.replaceAll(/([a-z])([A-Z])/g, '$1 $2');
  if (!runs.test(spaced) && !runs.test(tool.description ?? '')) return undefined;
  const properties = property(tool.parameters, 'properties');
  const name = argumentNames.find((candidate) => property(properties, candidate) !== undefined);
  if (name === undefined) return undefined;
  const required = property(tool.parameters, 'required');
  // What it cannot fill in it must not guess.
  if (Array.isArray(required) && required.some((field) => field !== name)) return undefined;
  const type = property(property(properties, name), 'type');
  const value = (command: string): unknown => {
    if (type !== 'array') return command;
    return name === 'commands' ? [command] : ['/bin/sh', '-c', command];
  };
  return {
    call: (command) => ({ function: { name: tool.name, arguments: { [name]: value(command) } } }),
  };
}

/** The first tool on offer that runs commands and asks for nothing else. */
export function findCommandTool(tools: readonly ModelTool[]): CommandTool | undefined {
  for (const tool of tools) {
    const found = commandTool(tool);
    if (found !== undefined) return found;
  }
  return undefined;
}

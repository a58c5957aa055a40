import { messageOf } from '@cynodeai/runtime/std';
import { parse } from 'yaml';
import type { z } from 'zod';
import { type StartupYaml, startupYamlSchema } from './yaml-schema.ts';

/** A parsed file, or what is wrong with it, one line a fault. Values are never part of a line. */
export type YamlReading =
  { readonly yaml: StartupYaml; readonly faults?: never } | { readonly faults: readonly string[] };

function faultLines(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path, key].join('.')}: unknown key`);
  }
  return [`${path.join('.') || 'file'}: ${issue.message}`];
}

/**
 * Reads the text of a startup YAML and finds all its faults at once.
 * See docs/reference/nodes.md#settings-of-a-node.
 */
export function readYaml(text: string): YamlReading {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    return { faults: [`not valid YAML: ${messageOf(error).split('\n', 1)[0]}`] };
  }
  const parsed = startupYamlSchema.safeParse(document);
  return parsed.success
    ? { yaml: parsed.data }
    : { faults: parsed.error.issues.flatMap(faultLines) };
}

import type { JsonSchema } from './field-tree.ts';
import { recordKey } from './field-tree.ts';
import { type JsonInput, isJsonObject } from './json-text.ts';

const texts = [
  'sample',
  'sample.txt',
  '018f0000-0000-7000-8000-000000000000',
  '2026-01-01T00:00:00.000Z',
  '01HZZZZZZZZZZZZZZZZZZZZZZZ',
  'ab'.repeat(32),
  `sha256:${'ab'.repeat(32)}`,
  'c2FtcGxl',
  'sample@example.org',
  'http://127.0.0.1:9',
  '10',
  '0644',
];

const formats: Readonly<Record<string, string>> = {
  uuid: texts[2] ?? '',
  'date-time': texts[3] ?? '',
  base64: texts[6] ?? '',
  email: texts[7] ?? '',
  uri: texts[8] ?? '',
};

function sampleText(schema: JsonSchema): string {
  const { format, pattern, minLength = 0, maxLength = Infinity } = schema;
  const byFormat = format === undefined ? undefined : formats[format];
  if (byFormat !== undefined) return byFormat;
  const fits = pattern === undefined ? undefined : new RegExp(pattern, 'u');
  const isLong = ({ length }: string): boolean => length >= minLength && length <= maxLength;
  const found = [...texts, 'A'.repeat(minLength)].find(
    (text) => isLong(text) && (fits?.test(text) ?? true),
  );
  if (found === undefined) throw new Error(`no sample text for ${JSON.stringify(schema)}`);
  return found;
}

/** A right value of a schema, every optional member included. What it cannot know is given as a sample. */
export function sampleValue(schema: JsonSchema): JsonInput {
  if (schema.const !== undefined) return schema.const as JsonInput;
  const [first] = schema.enum ?? [];
  if (first !== undefined) return first as JsonInput;
  const [option] = schema.anyOf ?? [];
  if (option !== undefined) return sampleValue(option);
  switch (schema.type) {
    case 'string':
      return sampleText(schema);
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1);
    case 'boolean':
      return false;
    case 'array':
      return schema.items === undefined ? [] : [sampleValue(schema.items)];
    case 'object':
      return sampleObject(schema);
    case undefined:
    default:
      return 'sample';
  }
}

function sampleObject(schema: JsonSchema): JsonInput {
  const { properties, additionalProperties: rest } = schema;
  if (properties !== undefined) {
    return Object.fromEntries(
      Object.entries(properties).map(([key, child]) => [key, sampleValue(child)]),
    );
  }
  return typeof rest === 'object' ? { [recordKey]: sampleValue(rest) } : {};
}

/** The schema's value at a path below `schema`; undefined where the path leaves it. */
export function schemaAt(schema: JsonSchema, path: readonly string[]): JsonSchema | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const { additionalProperties: others } = schema;
  const child =
    schema.properties?.[key] ?? schema.items ?? (typeof others === 'object' ? others : undefined);
  if (child !== undefined) return schemaAt(child, rest);
  return (schema.anyOf ?? []).map((option) => schemaAt(option, path)).find(Boolean);
}

/** True when the value has something at the path. */
export function hasPath(value: JsonInput | undefined, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return value !== undefined;
  if (Array.isArray(value)) return hasPath(value[Number(key)], rest);
  return isJsonObject(value) && hasPath(value[key], rest);
}

/**
 * A copy of `value` with `replacement` at the path, or without that member when it is undefined. Containers that
 * are not there are made from the schema.
 */
export function replaceAt(
  value: JsonInput | undefined,
  path: readonly string[],
  replacement: JsonInput | undefined,
  schema: JsonSchema,
): JsonInput | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  const below = schemaAt(schema, [key]) ?? {};
  const container = value ?? sampleValue(schema);
  if (Array.isArray(container)) {
    const items: readonly (JsonInput | undefined)[] = container;
    const item = replaceAt(items[Number(key)], rest, replacement, below);
    return [...(item === undefined ? [] : [item]), ...container.slice(1)];
  }
  const members = isJsonObject(container) ? container : {};
  const { [key]: current, ...others } = members;
  const item = replaceAt(current, rest, replacement, below);
  return item === undefined ? others : { ...others, [key]: item };
}

import { z } from 'zod';

/** The part of JSON Schema that the contracts' schemas become. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** One place of a body. */
export interface SchemaField {
  /** Keys from the root; arrays and records are entered by their first element. */
  readonly path: readonly string[];
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Key that stands for any member of a record. */
export const recordKey = 'k';

/** The JSON schema of what a client sends. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

function children(schema: JsonSchema, path: readonly string[]): readonly SchemaField[] {
  const required = new Set(schema.required ?? []);
  const members = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    fieldsOf(child, [...path, key], required.has(key)),
  );
  const { additionalProperties: rest, items } = schema;
  const hasAnyKey = schema.properties === undefined && typeof rest === 'object';
  return [
    ...members,
    ...(hasAnyKey ? fieldsOf(rest, [...path, recordKey], false) : []),
    ...(items === undefined ? [] : fieldsOf(items, [...path, '0'], false)),
    ...(schema.anyOf ?? []).flatMap((option) => children(option, path)),
  ];
}

/** Every place a schema describes, the root first. */
export function fieldsOf(
  schema: JsonSchema,
  path: readonly string[] = [],
  required = true,
): readonly SchemaField[] {
  return [{ path, schema, required }, ...children(schema, path)];
}

/** JSON types a place takes; undefined when it takes any. */
export function typesOf(schema: JsonSchema): ReadonlySet<string> | undefined {
  if (schema.anyOf !== undefined) {
    const all = schema.anyOf.map(typesOf);
    return all.includes(undefined)
      ? undefined
      : new Set(all.flatMap((types) => [...(types ?? [])]));
  }
  if (schema.type !== undefined) return new Set([schema.type]);
  if (schema.const !== undefined) return new Set([typeof schema.const]);
  if (schema.enum !== undefined) return new Set(schema.enum.map((value) => typeof value));
  return undefined;
}

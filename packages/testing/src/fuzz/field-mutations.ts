import { type SchemaField, typesOf } from './field-tree.ts';
import { edgeNumbers, hostileTexts } from './hostile-text.ts';
import { type JsonInput, RawJson, jsonText, nested } from './json-text.ts';

/** One way to spoil a field. */
export interface FieldMutation {
  /** Mutation class, counted in the coverage. */
  readonly name: string;
  /** What stands in the field's place; undefined removes it. */
  readonly value: () => JsonInput | undefined;
  /** `refused`: the schema forbids it. `unstorable`: the database could not keep it. `any`: it may be right. */
  readonly verdict: 'refused' | 'unstorable' | 'any';
}

const ofType: Readonly<Record<string, JsonInput>> = {
  null: null,
  boolean: true,
  number: 1.5,
  string: 'text',
  array: [],
  object: {},
};

function wrongTypes({ schema }: SchemaField): readonly FieldMutation[] {
  const types = typesOf(schema);
  const takes = (type: string): boolean =>
    types === undefined || types.has(type) || (type === 'number' && types.has('integer'));
  return Object.entries(ofType).map(([type, value]) => ({
    name: `type-${type}`,
    value: () => value,
    verdict: takes(type) ? 'any' : 'refused',
  }));
}

function longText(max: number | undefined): readonly FieldMutation[] {
  return [
    ...(max === undefined
      ? []
      : [{ name: 'over-max', value: () => 'a'.repeat(max + 1), verdict: 'refused' } as const]),
    {
      name: 'too-long',
      value: () => 'a'.repeat(300_000),
      verdict: max === undefined ? 'any' : 'refused',
    },
  ];
}

const misfits = ['no such thing', 'X'.repeat(40), '\n', '*', '2026-02-30T25:61:00Z', '=AAA', '-'];
const extremeTimes = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00.123456789123Z',
  '2024-02-29T00:00:00Z',
];

function textMutations({ schema }: SchemaField, mark: string): readonly FieldMutation[] {
  const hostile = hostileTexts(mark).map(({ name, json, unstorable }): FieldMutation => ({
    name: `text-${name}`,
    value: () => json,
    verdict: unstorable === true ? 'unstorable' : 'any',
  }));
  const { pattern, format, minLength = 0 } = schema;
  const regex = pattern === undefined ? undefined : new RegExp(pattern, 'u');
  const wrong = regex === undefined ? [] : misfits.filter((text) => !regex.test(text));
  return [
    ...hostile,
    ...longText(schema.maxLength),
    ...(minLength > 0 ? [{ name: 'under-min', value: () => '', verdict: 'refused' } as const] : []),
    ...wrong.map((text): FieldMutation => ({
      name: 'misfit',
      value: () => text,
      verdict: 'refused',
    })),
    ...(format === 'date-time'
      ? extremeTimes.map((text): FieldMutation => ({
          name: 'extreme-time',
          value: () => text,
          verdict: 'any',
        }))
      : []),
  ];
}

function numberMutations({ schema }: SchemaField): readonly FieldMutation[] {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity } = schema;
  return edgeNumbers.map(({ name, json }): FieldMutation => {
    const value = Number(json.text);
    const fits =
      Number.isFinite(value) &&
      value >= minimum &&
      value > exclusiveMinimum &&
      value <= maximum &&
      (schema.type !== 'integer' || Number.isInteger(value)) &&
      (schema.const === undefined || value === schema.const);
    return { name: `number-${name}`, value: () => json, verdict: fits ? 'any' : 'refused' };
  });
}

function arrayMutations({ schema }: SchemaField): readonly FieldMutation[] {
  const { maxItems, minItems = 0 } = schema;
  const zeros = (count: number) => (): JsonInput => Array.from({ length: count }, () => 0);
  return [
    {
      name: 'huge-array',
      value: zeros(100_000),
      verdict: maxItems === undefined ? 'any' : 'refused',
    },
    ...(maxItems === undefined
      ? []
      : [{ name: 'over-max', value: zeros(maxItems + 1), verdict: 'refused' } as const]),
    ...(minItems > 0 ? [{ name: 'under-min', value: () => [], verdict: 'refused' } as const] : []),
  ];
}

const intruders: readonly (readonly [name: string, member: string, unstorable?: boolean])[] = [
  ['plain', '"surprise":1'],
  ['proto', '"__proto__":{"polluted":true}'],
  ['constructor', '"constructor":{"prototype":{"polluted":true}}'],
  ['to-string', '"toString":"x","hasOwnProperty":1'],
  ['empty-name', '"":1'],
  ['long-name', `"${'n'.repeat(20_000)}":1`],
  ['nul-name', '"a\\u0000b":1', true],
  ['surrogate-name', '"\\ud800":1', true],
  ['nul-value', '"surprise":["\\u0000"]', true],
  ['infinite', '"surprise":1e400'],
  ['deep', `"surprise":${nested(100_000, 'object').text}`],
];

function objectMutations(
  { schema }: SchemaField,
  current: JsonInput | undefined,
): readonly FieldMutation[] {
  const strict = schema.additionalProperties === false;
  const isObject = schema.properties !== undefined || schema.additionalProperties !== undefined;
  const text = jsonText(current ?? {});
  if (!isObject || !text.startsWith('{')) return [];
  const separator = text === '{}' ? '' : ',';
  const joined = (member: string) => (): JsonInput =>
    new RawJson(`${text.slice(0, -1)}${separator}${member}}`);
  const known = Object.keys(schema.properties ?? {});
  return [
    ...intruders.map(([name, member, unstorable]): FieldMutation => ({
      name: `unknown-${name}`,
      value: joined(member),
      verdict: strict ? 'refused' : unstorable === true ? 'unstorable' : 'any',
    })),
    {
      name: 'many-unknown',
      value: joined(Array.from({ length: 20_000 }, (_, index) => `"u${index}":1`).join(',')),
      verdict: strict ? 'refused' : 'any',
    },
    ...known.map((key): FieldMutation => ({
      name: 'duplicate-key',
      value: joined(`${JSON.stringify(key)}:{"twice":true}`),
      verdict: 'any',
    })),
  ];
}

/**
 * Every way to spoil one field. `mark` is carried by hostile texts; `current` is what the sample has there.
 */
export function mutationsOf(
  field: SchemaField,
  mark: string,
  current: JsonInput | undefined,
): readonly FieldMutation[] {
  const { schema, required, path } = field;
  const types = typesOf(schema);
  const takes = (...names: readonly string[]): boolean =>
    types === undefined || names.some((name) => types.has(name));
  const isMember = path.length > 0 && path.at(-1) !== '0';
  const closed = schema.enum !== undefined || schema.const !== undefined;
  return [
    ...(isMember && required
      ? [{ name: 'missing', value: () => undefined, verdict: 'refused' } as const]
      : []),
    ...wrongTypes(field),
    ...(takes('string') ? textMutations(field, mark) : []),
    ...(takes('number', 'integer') ? numberMutations(field) : []),
    ...(takes('array') ? arrayMutations(field) : []),
    ...(takes('object') ? objectMutations(field, current) : []),
    ...(closed
      ? [
          { name: 'wrong-enum', value: () => 'no-such-value', verdict: 'refused' } as const,
          { name: 'wrong-number', value: () => 999_999, verdict: 'refused' } as const,
        ]
      : []),
    { name: 'deep-array', value: () => nested(100_000, 'array'), verdict: 'refused' },
    { name: 'deep-object', value: () => nested(100_000, 'object'), verdict: 'refused' },
  ];
}

/** JSON text that is written as it is, for what `JSON.stringify` cannot say: `1e400`, duplicate keys, lone surrogates. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonInput =
  | RawJson
  | string
  | number
  | boolean
  | null
  | readonly JsonInput[]
  | { readonly [key: string]: JsonInput };

/** True for a JSON object, not for raw text or an array. */
export function isJsonObject(
  value: JsonInput | undefined,
): value is { readonly [key: string]: JsonInput } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof RawJson)
  );
}

/** Writes JSON; raw parts go in as they are. */
export function jsonText(value: JsonInput): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item)).join(',')}]`;
  if (isJsonObject(value)) {
    const members = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`,
    );
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** `levels` arrays or objects inside each other. */
export function nested(levels: number, kind: 'array' | 'object'): RawJson {
  return new RawJson(
    kind === 'array'
      ? '['.repeat(levels) + ']'.repeat(levels)
      : '{"a":'.repeat(levels) + '1' + '}'.repeat(levels),
  );
}

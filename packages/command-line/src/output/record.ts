/** A text that is printed as it stands, such as compact JSON; it has no line ends. */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** One line's worth of result: keys in the order they are printed; undefined ones are left out. */
export type Fields = Readonly<Record<string, string | number | boolean | Verbatim | undefined>>;

const bare = /^[A-Za-z0-9_.:/@+,-]+$/;

function formatValue(value: string | number | boolean | Verbatim): string {
  if (value instanceof Verbatim) return value.text;
  const text = String(value);
  return bare.test(text) ? text : JSON.stringify(text);
}

/**
 * `key=value key=value`, values quoted as JSON strings unless simple, always one line.
 * See docs/reference/cli.md#output.
 */
export function formatRecord(fields: Fields): string {
  return Object.entries(fields)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${formatValue(value)}`]))
    .join(' ');
}

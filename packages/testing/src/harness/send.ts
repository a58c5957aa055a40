import { parseJsonOr } from '@cynodeai/runtime/std';
/** An answer as tests look at it. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Parsed body; undefined when it is not JSON. */
  readonly json: Record<string, unknown> | undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJsonOr(text);
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

/** One request with an optional JSON body and bearer token. */
export async function send(
  method: string,
  url: string,
  options: { readonly json?: unknown; readonly token?: string | undefined } = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(options.json !== undefined && { 'content-type': 'application/json' }),
      ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
    },
    ...(options.json !== undefined && { body: JSON.stringify(options.json) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: parseObject(text) };
}

/** Value at a dotted path of parsed JSON. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined,
      value,
    );
}

/** Text at a dotted path; fails when there is none. */
export function textAt(value: unknown, path: string): string {
  const found = at(value, path);
  if (typeof found !== 'string') throw new Error(`no text at ${path}: ${JSON.stringify(value)}`);
  return found;
}

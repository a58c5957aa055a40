/** True for an object with named fields: neither null nor an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of field names and positions, undefined where the path ends early. Inherited fields count. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Reflect.get(here, step);
  }
  return here;
}

/** `ENOENT` and the like of anything thrown; undefined when it has no such code. */
export function errorCodeOf(error: unknown): string | undefined {
  const code = at(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

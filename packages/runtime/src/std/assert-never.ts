/** Marks a branch the types rule out; reaching it is a defect. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`);
}

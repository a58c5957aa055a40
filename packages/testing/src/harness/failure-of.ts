/** The error a call must end with. @throws Error when it ends well, or with another kind of error, which is its cause. */
export async function failureOf<E extends Error>(
  call: Promise<unknown>,
  kind: abstract new (...args: never[]) => E,
): Promise<E> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof kind) return error;
  throw new Error(`no ${kind.name}`, { cause: error });
}

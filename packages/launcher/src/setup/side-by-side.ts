/**
 * Does two things at the same time. When one fails the other is told to stop and waited for: what it started would
 * outlive this process otherwise. @throws the first failure
 */
export async function sideBySide(
  signal: AbortSignal,
  ...works: readonly ((signal: AbortSignal) => Promise<unknown>)[]
): Promise<void> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  let first: { readonly error: unknown } | undefined;
  await Promise.all(
    works.map(async (work) => {
      try {
        await work(stop);
      } catch (error) {
        first ??= { error };
        over.abort(error);
      }
    }),
  );
  if (first !== undefined) throw first.error;
}

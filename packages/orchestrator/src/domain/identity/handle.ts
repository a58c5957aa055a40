import { handlePattern } from '@cynodeai/contracts';

/** The actor of everything without a human behind it; it has no password and never logs in. Contract 04 section 3.2. */
export const systemHandle = 'system';

/** The handle as it is stored, or undefined when nobody can have it or nobody may log in with it. */
export function loginHandle(input: string): string | undefined {
  const handle = input.toLowerCase();
  return handlePattern.test(handle) && handle !== systemHandle ? handle : undefined;
}

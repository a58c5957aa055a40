import { handlePattern } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../errors.ts';

/**
 * The actor of everything without a human behind it; it has no password and never logs in.
 * See docs/reference/identity-and-policy.md#users.
 */
export const systemHandle = 'system';

/** The first administrator. See docs/reference/identity-and-policy.md#bootstrap-administrator. */
export const administratorHandle = 'admin';

/** The handle as it is stored, or undefined when nobody can have it or nobody may log in with it. */
export function loginHandle(input: string): string | undefined {
  // Letters outside ASCII stay, so that the pattern refuses those whose lower case is a plain letter.
  const handle = input.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return handlePattern.test(handle) && handle !== systemHandle ? handle : undefined;
}

/** The handle of a new user as it is stored (REQ-IDENTY-0121). @throws OrchestratorError `input_invalid`. */
export function newHandle(input: string): string {
  const handle = loginHandle(input);
  if (handle !== undefined) return handle;
  const rule =
    input.toLowerCase() === systemHandle
      ? 'the handle "system" is reserved; choose another one'
      : 'a handle has 2 to 64 characters a-z, 0-9, dot, underscore or hyphen and starts with a letter or digit';
  throw new OrchestratorError('input_invalid', rule, { field: 'handle' });
}

import { utf8Bytes } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../errors.ts';
import { isCommonPassword } from './common-passwords.ts';

const minCharacters = 12;
const maxCharacters = 256;
const maxBytes = 1024;

/**
 * What is wrong with a new password, or undefined. Characters are code points after NFC.
 * See docs/reference/identity-and-policy.md#passwords.
 */
function faultOf(password: string, handle: string): string | undefined {
  const text = password.normalize('NFC');
  const characters = Array.from(text).length;
  if (characters < minCharacters || characters > maxCharacters || utf8Bytes(text) > maxBytes) {
    return `must have ${minCharacters} to ${maxCharacters} characters and at most ${maxBytes} bytes`;
  }
  if (text.toLowerCase() === handle) return 'must not be the handle';
  return isCommonPassword(text) ? 'is one of the passwords that are guessed first' : undefined;
}

/**
 * Refuses a password that a user with this handle may not have; the password itself is not repeated.
 * @param field name of the request field. @throws OrchestratorError `input_invalid`.
 */
export function requireAcceptablePassword(password: string, handle: string, field: string): void {
  const fault = faultOf(password, handle);
  if (fault === undefined) return;
  throw new OrchestratorError('input_invalid', `${field} ${fault}; choose another one`, { field });
}

import { at, messageOf } from '@cynodeai/runtime/std';

/**
 * `<safe message> (HTTP <status>, request <id>)`; the brackets only for what the gateway answered.
 * See docs/reference/cli.md#errors.
 */
export function failureText(error: unknown): string {
  const status = at(error, 'status');
  const requestId = at(error, 'requestId');
  const message = messageOf(error);
  if (typeof status !== 'number') return message;
  const id = typeof requestId === 'string' ? `, request ${requestId}` : '';
  return `${message} (HTTP ${status}${id})`;
}

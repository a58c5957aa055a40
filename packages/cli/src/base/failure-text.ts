import { messageOf } from '@cynodeai/runtime/std';

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

/** `<safe message> (HTTP <status>, request <id>)`; the brackets only for what the gateway answered. Contract 05 section 2.6. */
export function failureText(error: unknown): string {
  const status = field(error, 'status');
  const requestId = field(error, 'requestId');
  const message = messageOf(error);
  if (typeof status !== 'number') return message;
  const id = typeof requestId === 'string' ? `, request ${requestId}` : '';
  return `${message} (HTTP ${status}${id})`;
}

import type { ManageCall } from '../../../app/access/manage-call.ts';
import type { Caller } from './caller.ts';

/** The call as use cases that change users and grants take it. */
export function manageCall(
  { principal, call }: Caller,
  headers: { readonly 'user-agent'?: string | undefined },
): ManageCall {
  const { requestId, ip, elapsedMs } = call;
  return { requestId, ip, elapsedMs, principal, userAgent: headers['user-agent'] };
}

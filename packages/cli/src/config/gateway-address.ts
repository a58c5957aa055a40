import { isServiceUrl } from '@cynodeai/contracts/common';
import { createHash } from 'node:crypto';

/**
 * Whom a session belongs to: scheme, host and port in their one form. Undefined for what is no address of a gateway.
 * See docs/reference/cli.md#session-of-the-client.
 */
export function originOf(url: string): string | undefined {
  return isServiceUrl(url) ? new URL(url).origin : undefined;
}

/** Stands for an origin that came from the environment, whose values are never written. */
const digestOf = (origin: string): string =>
  `sha256:${createHash('sha256').update(origin).digest('hex')}`;

/**
 * What is kept with a session to know its gateway again.
 * @param isWritten whether the origin may stand in a file
 */
export function markOf(origin: string, isWritten: boolean): string {
  return isWritten ? origin : digestOf(origin);
}

/** Whether a kept mark is that of an origin. */
export function isMarkOf(mark: string | undefined, origin: string): boolean {
  return mark === origin || mark === digestOf(origin);
}

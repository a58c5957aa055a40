import { incrementBase32, ulid } from 'ulid';

/**
 * A ULID for the instant `nowMs` that is greater than `last` under plain string comparison, also
 * inside one millisecond and after a clock step back. See docs/reference/nodes.md#configuration.
 * @throws when `last` is the greatest ULID there is.
 */
export function nextUlid(nowMs: number, last: string | undefined): string {
  const fresh = ulid(nowMs);
  return last === undefined || fresh > last ? fresh : incrementBase32(last);
}

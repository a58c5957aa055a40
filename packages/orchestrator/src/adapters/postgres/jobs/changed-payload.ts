import { type RawBuilder, sql } from 'kysely';
import type { DispatchChange } from '../../../domain/jobs/dispatch-change.ts';

/** SQL: `payload` of a job with its dispatch note changed, whatever somebody else noted before. */
export function changedPayload({
  note,
  freeAttempts,
  refusedBy,
}: DispatchChange): RawBuilder<unknown> {
  const free = sql`|| jsonb_build_object('free_attempts',
    coalesce((payload -> 'dispatch' ->> 'free_attempts')::int, 0) + ${freeAttempts}::int)`;
  const refused = sql`|| jsonb_build_object('refused_by',
    coalesce(payload -> 'dispatch' -> 'refused_by', '[]') || ${JSON.stringify([refusedBy])}::jsonb)`;
  return sql`payload || jsonb_build_object('dispatch',
    coalesce(payload -> 'dispatch', '{}') || ${JSON.stringify(note)}::jsonb
    ${freeAttempts === 0 ? sql`` : free} ${refusedBy === undefined ? sql`` : refused})`;
}

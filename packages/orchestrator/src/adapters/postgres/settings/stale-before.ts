import { sql } from 'kysely';
import { defaultStaleSeconds, staleSecondsKey } from '../../../domain/nodes/config-settings.ts';

/**
 * SQL: the moment before which a node's last sign of life counts as silence. A setting that is not
 * a positive number counts as unset. See docs/reference/nodes.md#silence.
 */
export const staleBefore = sql`(
  now() - coalesce(
    (SELECT CASE WHEN jsonb_typeof(value) = 'number' AND value::numeric > 0 THEN value::numeric END
      FROM system_settings WHERE key = ${sql.lit(staleSecondsKey)}),
    ${sql.lit(defaultStaleSeconds)}) * interval '1 second')`;

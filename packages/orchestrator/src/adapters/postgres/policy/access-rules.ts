import { sql } from 'kysely';
import {
  type AccessContext,
  type AccessRule,
  type SubjectType,
  actionsCovering,
  subjectsOf,
} from '../../../domain/policy/access-rule.ts';
import type { AccessRules } from '../../../ports/access-rules.ts';
import type { Executor } from '../database.ts';

interface RuleRow {
  readonly id: string;
  readonly subject_type: SubjectType;
  readonly subject_id: string | null;
  readonly action: string;
  readonly resource_type: string;
  readonly resource_pattern: string;
  readonly effect: 'allow' | 'deny';
  readonly priority: number;
  readonly conditions: Readonly<Record<string, unknown>> | null;
}

function ruleOf(row: RuleRow): AccessRule {
  return {
    id: row.id,
    subject: { type: row.subject_type, id: row.subject_id ?? undefined },
    action: row.action,
    resourceType: row.resource_type,
    resourcePattern: row.resource_pattern,
    effect: row.effect,
    priority: row.priority,
    conditions: row.conditions ?? undefined,
  };
}

/** One statement of one shape, so that it stays prepared. Rules of every resource type: a denial nobody can read is about all. */
async function rulesAbout(
  db: Executor,
  context: AccessContext,
  action: string,
): Promise<readonly AccessRule[]> {
  const subjects = subjectsOf(context).filter(({ id }) => id !== undefined);
  const types = subjects.map(({ type }) => type);
  const ids = subjects.map(({ id }) => id);
  const { rows } = await sql<RuleRow>`
    select id, subject_type, subject_id, action, resource_type, resource_pattern, effect, priority, conditions
      from access_control_rules
     where action = any(${[...actionsCovering(action)]}::text[])
       and (subject_type = 'system'
            or (subject_type, subject_id) in (select * from unnest(${types}::text[], ${ids}::uuid[])))`.execute(
    db,
  );
  return rows.map(ruleOf);
}

/** Rules of access in PostgreSQL. See docs/reference/database.md#policy-tables. */
export function postgresAccessRules(db: Executor): AccessRules {
  return { about: (context, action) => rulesAbout(db, context, action) };
}

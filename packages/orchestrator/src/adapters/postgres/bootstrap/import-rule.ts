import { sql } from 'kysely';
import type { BootstrapRule } from '../../../domain/bootstrap/bootstrap-file.ts';
import { type ImportTarget, bootstrapId } from '../../../domain/bootstrap/decide-import.ts';
import { ruleValue } from '../../../domain/bootstrap/rule-value.ts';
import type { Executor } from '../database.ts';
import type { JsonObject } from '../tables/columns.ts';

interface Row {
  readonly id: string;
  readonly priority: number;
  readonly conditions: JsonObject | null;
  readonly updated_by: string;
}

async function lockRule(db: Executor, rule: BootstrapRule): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    SELECT id, priority, conditions, updated_by FROM access_control_rules
    WHERE subject_type = ${rule.subjectType}
      AND subject_id IS NOT DISTINCT FROM ${rule.subjectId ?? null}::uuid
      AND action = ${rule.action} AND resource_type = ${rule.resourceType}
      AND resource_pattern = ${rule.resourcePattern} AND effect = ${rule.effect}
    ORDER BY created_at, id LIMIT 1 FOR UPDATE
  `.execute(db);
  return rows[0];
}

/** The rule with the same subject, action, resource and effect. */
export async function findImportedRule(db: Executor, rule: BootstrapRule): Promise<ImportTarget> {
  const row = await lockRule(db, rule);
  if (row === undefined) return { current: undefined, removedBy: undefined };
  const { priority, conditions, updated_by: updatedBy } = row;
  const value = ruleValue({ priority, conditions: conditions ?? undefined });
  return { current: { value, updatedBy }, removedBy: undefined };
}

/** Writes a rule as the file states it. */
export async function importRule(db: Executor, rule: BootstrapRule): Promise<void> {
  const before = await lockRule(db, rule);
  const values = {
    priority: rule.priority,
    conditions: rule.conditions === undefined ? null : JSON.stringify(rule.conditions),
    updated_at: new Date(),
    updated_by: bootstrapId,
  };
  if (before !== undefined) {
    await db.updateTable('access_control_rules').set(values).where('id', '=', before.id).execute();
    return;
  }
  await db
    .insertInto('access_control_rules')
    .values({
      subject_type: rule.subjectType,
      subject_id: rule.subjectId ?? null,
      action: rule.action,
      resource_type: rule.resourceType,
      resource_pattern: rule.resourcePattern,
      effect: rule.effect,
      ...values,
    })
    .execute();
}

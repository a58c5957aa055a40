import type { ReadinessReason } from '@cynodeai/contracts/common';
import type { NodeFacts } from '../dispatch/node-facts.ts';
import { type PmModelFacts, canServe, judgePmModel } from './judge-pm-model.ts';

/** What the orchestrator's readiness is judged by. */
export type ReadinessFacts =
  | { readonly database: 'unavailable' }
  | {
      readonly database: 'outdated';
      /** Undefined when nothing was ever migrated. */
      readonly schemaVersion: string | undefined;
      readonly expectedVersion: string;
    }
  | {
      readonly database: 'current';
      /** Why the bootstrap file was not imported; undefined when it was, or when there is none. */
      readonly bootstrapError: string | undefined;
      readonly nodes: readonly NodeFacts[];
      readonly pmModel: PmModelFacts;
    };

/** The reason for a database that cannot be reached or does not answer in time. */
export const databaseUnavailable: ReadinessReason = {
  code: 'database_unavailable',
  message: 'database unavailable',
  action: 'start PostgreSQL and check DATABASE_URL; the process recovers by itself',
};

/**
 * Reasons for not being ready in order; none = ready. See docs/reference/processes.md#readiness
 * (REQ-ORCHES-0119).
 */
export function evaluateReadiness(facts: ReadinessFacts): readonly ReadinessReason[] {
  if (facts.database === 'unavailable') return [databaseUnavailable];
  if (facts.database === 'outdated') {
    const found = facts.schemaVersion ?? 'none';
    return [
      {
        code: 'schema_not_current',
        message: `database schema not current: found ${found}, need ${facts.expectedVersion}`,
        action: 'run the control-plane of this version once with --migrate-only',
      },
    ];
  }
  const inferencePath = facts.nodes.some(canServe);
  const reasons: ReadinessReason[] = [];
  if (facts.bootstrapError !== undefined) {
    reasons.push({
      code: 'bootstrap_failed',
      message: `bootstrap import failed: ${facts.bootstrapError}`,
      action:
        'correct the file named by ORCHESTRATOR_BOOTSTRAP_FILE and restart the control-plane; nothing of it was imported',
    });
  }
  if (!inferencePath) {
    reasons.push({
      code: 'no_inference_path',
      message: 'no inference path available',
      action:
        'register and configure a node that can run a model, or configure a provider key; tasks in raw modes run without one',
    });
  }
  const model = judgePmModel(facts.pmModel, facts.nodes);
  return model === undefined ? reasons : [...reasons, model];
}

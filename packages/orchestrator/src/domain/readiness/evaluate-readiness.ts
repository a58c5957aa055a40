import type { ReadinessReason } from '@cynodeai/contracts/common';
import { type NodeFacts, isServiceDown } from '../dispatch/node-facts.ts';
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

/** Every node that could run a model relies on a service that does not answer. */
function serviceDown(nodes: readonly NodeFacts[]): ReadinessReason {
  const places = nodes.map(({ slug, inference }) => {
    const at = inference.serviceUrl === undefined ? '' : ` at ${inference.serviceUrl}`;
    return `of node ${slug}${at}`;
  });
  return {
    code: 'model_service_down',
    message: `model service down: the one ${places.join(', that ')} does not answer`,
    action:
      'start it (a service of your own: ollama serve), or name another one with OLLAMA_BASE_URL and cynode up; it is used by itself once it answers, and scripts and commands run meanwhile',
  };
}

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
  const reasons: ReadinessReason[] = [];
  if (facts.bootstrapError !== undefined) {
    reasons.push({
      code: 'bootstrap_failed',
      message: `bootstrap import failed: ${facts.bootstrapError}`,
      action:
        'correct the file named by ORCHESTRATOR_BOOTSTRAP_FILE and restart the control-plane; nothing of it was imported',
    });
  }
  const serving = facts.nodes.filter(canServe);
  if (serving.length === 0) {
    reasons.push({
      code: 'no_inference_path',
      message: 'no inference path available',
      action:
        'register and configure a node that can run a model, or configure a provider key; scripts and commands run without one',
    });
  } else if (serving.every(isServiceDown)) {
    // Whatever else is wrong with the model follows from it.
    return [...reasons, serviceDown(serving)];
  }
  const model = judgePmModel(facts.pmModel, facts.nodes);
  return model === undefined ? reasons : [...reasons, model];
}

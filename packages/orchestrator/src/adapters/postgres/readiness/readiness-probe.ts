import type { Kysely } from 'kysely';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { ReadinessProbe } from '../../../ports/readiness.ts';
import { readBootstrapError } from '../bootstrap/import-outcome.ts';
import { readDispatchNodes, unopenedTokens } from '../nodes/read-dispatch-nodes.ts';
import { currentSchemaVersion } from '../migrate.ts';
import { readPmModelFacts } from '../models/read-pm-model-facts.ts';
import type { Database } from '../tables.ts';

export interface ReadinessProbeOptions {
  /** Version this code was written for. */
  readonly expectedVersion: string;
  /** Opens node tokens where the role holds the key; without it a stored token counts as usable. */
  readonly vault?: Pick<NodeTokenVault, 'open'>;
}

/** Readiness facts from PostgreSQL. See docs/reference/processes.md#readiness. */
export function postgresReadinessProbe(
  db: Kysely<Database>,
  { expectedVersion, vault = unopenedTokens }: ReadinessProbeOptions,
): ReadinessProbe {
  return {
    facts: async () => {
      const schemaVersion = await currentSchemaVersion(db);
      if (schemaVersion !== expectedVersion) {
        return { database: 'outdated', schemaVersion, expectedVersion };
      }
      const nodes = await readDispatchNodes(db, vault);
      return {
        database: 'current',
        bootstrapError: await readBootstrapError(db),
        nodes: nodes.map((node) => node.facts),
        pmModel: await readPmModelFacts(db),
      };
    },
  };
}

import type { Kysely } from 'kysely';
import type { PmModelFacts } from '../../../domain/readiness/judge-pm-model.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { ReadinessProbe } from '../../../ports/readiness.ts';
import { readBootstrapError } from '../bootstrap/import-outcome.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';
import { currentSchemaVersion } from '../migrate.ts';
import { readModelStatus } from '../models/read-model-status.ts';
import { readPmModel } from '../models/read-pm-model.ts';
import type { Database } from '../tables.ts';

export interface ReadinessProbeOptions {
  /** Version this code was written for. */
  readonly expectedVersion: string;
  /** Opens node tokens where the role holds the key; without it a stored token counts as usable. */
  readonly vault?: Pick<NodeTokenVault, 'open'>;
}

const presence: Pick<NodeTokenVault, 'open'> = { open: (_nodeId, sealed) => sealed };

async function pmModelFacts(db: Kysely<Database>): Promise<PmModelFacts> {
  const selection = await readPmModel(db);
  return {
    selection,
    availability:
      selection?.nodeSlug === undefined || selection.modelRef === undefined
        ? undefined
        : await readModelStatus(db, selection.nodeSlug, selection.modelRef),
  };
}

/** Readiness facts from PostgreSQL. See docs/reference/processes.md#readiness. */
export function postgresReadinessProbe(
  db: Kysely<Database>,
  { expectedVersion, vault = presence }: ReadinessProbeOptions,
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
        pmModel: await pmModelFacts(db),
      };
    },
  };
}

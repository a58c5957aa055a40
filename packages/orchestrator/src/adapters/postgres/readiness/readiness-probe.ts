import type { Kysely } from 'kysely';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { ReadinessProbe } from '../../../ports/readiness.ts';
import { readDispatchNodes } from '../jobs/read-dispatch-nodes.ts';
import { currentSchemaVersion } from '../migrate.ts';
import type { Database } from '../tables.ts';

export interface ReadinessProbeOptions {
  /** Version this code was written for. */
  readonly expectedVersion: string;
  /** Opens node tokens where the role holds the key; without it a stored token counts as usable. */
  readonly vault?: Pick<NodeTokenVault, 'open'>;
}

const presence: Pick<NodeTokenVault, 'open'> = { open: (_nodeId, sealed) => sealed };

async function hasPmModel(db: Kysely<Database>): Promise<boolean> {
  const row = await db
    .selectFrom('orchestrator_state')
    .select('value')
    .where('key', '=', 'pm_model')
    .executeTakeFirst();
  const value = row?.value;
  return (
    typeof value === 'object' && value !== null && Reflect.get(value, 'status') === 'available'
  );
}

/** Readiness facts from PostgreSQL. Contract 01 section 6. */
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
        nodes: nodes.map((node) => node.facts),
        pmModelSelected: await hasPmModel(db),
      };
    },
  };
}

import { nodeCapabilityReportSchema } from '@cynodeai/contracts/control-plane';
import type { Kysely } from 'kysely';
import type { NodeRegistry, NodeTransaction } from '../../../ports/node-registry.ts';
import type { Refusals } from '../../../ports/refusals.ts';
import type { Executor } from '../database.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Database } from '../tables.ts';
import { findVersion, issueVersion } from './config-versions.ts';
import { insertNodeAudit } from './insert-node-audit.ts';
import { lockNode } from './lock-node.ts';
import { noteRefusedRegistration } from './note-refused-registration.ts';
import { createNode, lockSlug, readmitNode } from './register-slug.ts';
import { saveAck } from './save-ack.ts';
import { saveReport } from './save-report.ts';
import { noteHeartbeat } from './note-heartbeat.ts';

async function countNodes(db: Executor): Promise<number> {
  const row = await db
    .selectFrom('nodes')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

function nodeTransaction(trx: Executor): NodeTransaction {
  return {
    create: (slug, publicKey, at) => createNode(trx, slug, publicKey, at),
    lockSlug: (slug) => lockSlug(trx, slug),
    readmit: (nodeId, readmission) => readmitNode(trx, nodeId, readmission),
    noteRefusal: (nodeId, from) => noteRefusedRegistration(trx, nodeId, from),
    lock: (nodeId) => lockNode(trx, nodeId),
    count: () => countNodes(trx),
    readReport: async (nodeId) => {
      const row = await trx
        .selectFrom('node_capabilities')
        .select('capability_snapshot')
        .where('node_id', '=', nodeId)
        .executeTakeFirst();
      return row && nodeCapabilityReportSchema.parse(row.capability_snapshot);
    },
    saveReport: (nodeId, report) => saveReport(trx, nodeId, report),
    setConnectivity: async (nodeId, { workerUrl, sealedToken }) => {
      await trx
        .updateTable('nodes')
        .set({
          worker_api_target_url: workerUrl ?? null,
          worker_api_bearer_token: sealedToken,
          updated_at: new Date(),
        })
        .where('id', '=', nodeId)
        .execute();
    },
    findVersion: (nodeId, version) => findVersion(trx, nodeId, version),
    issueVersion: (nodeId, version) => issueVersion(trx, nodeId, version),
    saveAck: (nodeId, ack) => saveAck(trx, nodeId, ack),
    settings: (keys) => readSettings(trx, keys),
    audit: (entry) => insertNodeAudit(trx, entry),
  };
}

/** The registry of nodes in PostgreSQL. */
export function postgresNodeRegistry(db: Kysely<Database>, refusals: Refusals): NodeRegistry {
  return {
    transaction: (work) => db.transaction().execute((trx) => work(nodeTransaction(trx))),
    noteHeartbeat: (nodeId, epoch) => noteHeartbeat(db, nodeId, epoch),
    ids: async () => {
      const rows = await db.selectFrom('nodes').select('id').orderBy('node_slug').execute();
      return rows.map((row) => row.id);
    },
    countRefusal: ({ slug, reason, client }) => {
      const event = 'node_registration_failure';
      refusals.count({ log: 'auth', event, reason, subject: slug, ...client, at: new Date() });
    },
  };
}

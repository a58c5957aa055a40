import type { Env } from '@cynodeai/runtime/config';
import { ConfigError, parseEnv, schemaOf } from '@cynodeai/runtime/config';
import { controlPlaneEnvironment } from '@cynodeai/runtime/environment/control-plane';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import { messageOf, systemClock } from '@cynodeai/runtime/std';
import { exportAudit } from '../adapters/postgres/audit-seals/export-audit.ts';
import { openDatabase } from '../adapters/postgres/database.ts';
import { sealAudit } from '../app/audit/seal-audit.ts';
import { readSealKey, sealAuditDeps } from './audit-seals.ts';

/** What is to be exported, and where to. */
export interface AuditExportRequest {
  /** The file; one that is there is replaced once all is written. */
  readonly path: string;
  /** RFC 3339; ranges that ended before come without their rows. */
  readonly since: string | undefined;
}

function momentOf(since: string | undefined): Date | undefined {
  if (since === undefined) return undefined;
  const at = new Date(since);
  if (Number.isNaN(at.getTime())) {
    throw new ConfigError(`--audit-since: ${since} is no time; write one as 2026-01-31T00:00:00Z`);
  }
  return at;
}

/**
 * Seals what is settled and writes all of it into a file (0600), with what `verify` needs.
 * See docs/reference/audit.md#file.
 */
export async function writeAuditExport(
  env: Env,
  request: AuditExportRequest,
  { log, signal }: ProcessScope,
): Promise<void> {
  const since = momentOf(request.since);
  const schema = schemaOf(controlPlaneEnvironment).pick({
    DATABASE_URL: true,
    AUDIT_SEAL_KEY_FILE: true,
  });
  const { DATABASE_URL: url, AUDIT_SEAL_KEY_FILE: keyFile } = parseEnv(schema, env);
  if (keyFile === undefined) {
    throw new ConfigError('AUDIT_SEAL_KEY_FILE is not set: without its key nothing was sealed');
  }
  const db = openDatabase({ url: url.reveal(), applicationName: 'cynode-audit-export', log });
  try {
    const deps = sealAuditDeps(db, keyFile, signal);
    // What cannot be sealed is seen by whoever checks the file.
    await sealAudit(deps).catch((error: unknown) => {
      log.warn('sealing of audit logs failed', { error: messageOf(error) });
    });
    const heads = await deps.heads.read();
    const key = readSealKey(keyFile);
    await exportAudit(db, { key, heads, since, at: systemClock.now() }, (bytes) =>
      writeFileAtomic(request.path, bytes),
    );
  } finally {
    await db.destroy();
  }
}

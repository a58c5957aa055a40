import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '@cynodeai/runtime/config';
import { type SigningKey, readSigningKey } from '@cynodeai/runtime/crypto';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { messageOf, systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { postgresAuditSeals } from '../adapters/postgres/audit-seals/audit-seals.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { fileSealHeads } from '../adapters/seal-heads/file-seal-heads.ts';
import type { SealAuditDeps } from '../app/audit/seal-audit.ts';
import { sealAudit } from '../app/audit/seal-audit.ts';
import { Ticker } from '../app/loops/ticker.ts';

/** Pause between two turns, ms. */
const usualEveryMs = 60_000;

/** The key that seals. @throws ConfigError when the file is none */
export function readSealKey(path: string): SigningKey {
  try {
    return readSigningKey(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(
      `AUDIT_SEAL_KEY_FILE: ${path} is no Ed25519 key (${messageOf(error)}); make one with: openssl genpkey -algorithm ed25519 -out ${path}`,
    );
  }
}

/** Where heads are remembered: beside the key. */
export function headsFileOf(keyFile: string): string {
  return join(dirname(keyFile), 'audit-heads.json');
}

/** What a turn of sealing needs. */
export function sealAuditDeps(
  db: Kysely<Database>,
  keyFile: string,
  stopping: AbortSignal,
): SealAuditDeps {
  return {
    seals: postgresAuditSeals(db, readSealKey(keyFile), (ms) => sleep(ms, stopping)),
    heads: fileSealHeads(headsFileOf(keyFile)),
    clock: systemClock,
    stopping,
  };
}

/** Seals audit logs now and then; without a key a line says that nobody does. See docs/reference/audit.md#chain. */
export function startAuditSeals(
  db: Kysely<Database>,
  scope: ProcessScope,
  keyFile: string | undefined,
  everyMs: number = usualEveryMs,
): void {
  const log = scope.log.child({ module: 'audit-seals' });
  if (keyFile === undefined) {
    log.warn('audit logs are not sealed: AUDIT_SEAL_KEY_FILE names no key');
    return;
  }
  const stop = new AbortController();
  const deps = sealAuditDeps(db, keyFile, stop.signal);
  const ticker = new Ticker({ name: 'sealing of audit logs', pollMs: everyMs, log, sleep });
  const running = ticker.run(() => sealAudit(deps), stop.signal);
  scope.shutdown.add('sealing of audit logs', async () => {
    stop.abort();
    await running;
  });
}

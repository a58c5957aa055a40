import { type Clock, messageOf } from '@cynodeai/runtime/std';
import { type ChainedLog, abandonedMs, chainedLogs } from '../../domain/audit/chained-logs.ts';
import { OrchestratorError } from '../../domain/errors.ts';
import { cutoffsAt, retentionKeys } from '../../domain/retention/cutoffs.ts';
import type { AuditSeals, SealHead, SealHeads } from '../../ports/audit-seals.ts';

export interface SealAuditDeps {
  readonly seals: AuditSeals;
  readonly heads: SealHeads;
  readonly clock: Clock;
  /** Fires when the process stops: what is left waits for the next turn. */
  readonly stopping: AbortSignal;
}

async function requireWhole(
  { seals, heads }: SealAuditDeps,
  log: ChainedLog,
  head: SealHead,
): Promise<void> {
  if (await seals.holds(log, head)) return;
  throw new OrchestratorError(
    'audit_chain_broken',
    `${log.table} was sealed up to row ${head.toSeq}, and the database has no such seal: its end was cut off, or an older database was restored; nothing more of it is sealed until ${heads.place} is removed`,
  );
}

/** Seals what is settled of one log; where the chain ends then. */
async function sealLog(deps: SealAuditDeps, log: ChainedLog): Promise<SealHead | undefined> {
  const { seals, clock, stopping } = deps;
  if (log.isCompleted) {
    await seals.closeAbandoned(log, new Date(clock.now().getTime() - abandonedMs));
  }
  const upTo = await seals.settledUpTo(log, stopping);
  if (upTo === undefined) return undefined;
  let head: SealHead | undefined;
  for (let more = true; more && !stopping.aborted;) {
    const batch = await seals.sealNext(log, upTo, clock.now());
    head = batch.head ?? head;
    ({ more } = batch);
  }
  return head;
}

async function removeOld(
  { seals, clock, stopping }: SealAuditDeps,
  log: ChainedLog,
): Promise<void> {
  const { audit } = cutoffsAt(clock.now(), await seals.settings([retentionKeys.audit]));
  if (audit === undefined) return;
  for (let more = true; more && !stopping.aborted;) {
    ({ more } = await seals.removeOldest(log, audit, clock.now()));
  }
}

/**
 * One turn over every chained log: seals what is settled, then removes whole ranges that the settings no longer keep.
 * A log that cannot be worked on now holds up no other. See docs/reference/audit.md#chain.
 * @throws AggregateError of what went wrong, log by log
 */
export async function sealAudit(deps: SealAuditDeps): Promise<void> {
  const faults: unknown[] = [];
  for (const log of chainedLogs) {
    if (deps.stopping.aborted) break;
    try {
      const known = (await deps.heads.read()).get(log.table);
      if (known !== undefined) await requireWhole(deps, log, known);
      const head = await sealLog(deps, log);
      if (head !== undefined) {
        await deps.heads.write(new Map([...(await deps.heads.read()), [log.table, head]]));
      }
      await removeOld(deps, log);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw new AggregateError(faults, faults.map(messageOf).join('; '));
}

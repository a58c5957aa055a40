import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type {
  BootstrapAdmin,
  BootstrapEntry,
  BootstrapFile,
} from '../../domain/bootstrap/bootstrap-file.ts';
import { type ImportTarget, decideImport } from '../../domain/bootstrap/decide-import.ts';
import { ruleName, ruleValue } from '../../domain/bootstrap/rule-value.ts';
import { OrchestratorError } from '../../domain/errors.ts';
import type {
  BootstrapSource,
  BootstrapStore,
  BootstrapTransaction,
} from '../../ports/bootstrap.ts';

export interface ImportBootstrapDeps {
  readonly store: BootstrapStore;
  /** Undefined when no file is configured. */
  readonly source: BootstrapSource | undefined;
  readonly hashPassword: (password: string) => Promise<string>;
  /** Settings that the environment states; the file does not change them. */
  readonly ownedByEnvironment: readonly string[];
  readonly log: Log;
}

interface Item {
  readonly what: 'setting' | 'preference' | 'rule';
  readonly name: string;
  readonly value: unknown;
  readonly find: () => Promise<ImportTarget>;
  readonly write: () => Promise<void>;
}

function itemsOf(file: BootstrapFile, tx: BootstrapTransaction): readonly Item[] {
  const entry = (
    what: 'setting' | 'preference',
    stated: BootstrapEntry,
    statements: Pick<Item, 'find' | 'write'>,
  ): Item => ({ what, name: stated.key, value: stated.value, ...statements });
  return [
    ...file.settings.map((stated) =>
      entry('setting', stated, {
        find: () => tx.findSetting(stated.key),
        write: () => tx.writeSetting(stated),
      }),
    ),
    ...file.preferences.map((stated) =>
      entry('preference', stated, {
        find: () => tx.findPreference(stated.key),
        write: () => tx.writePreference(stated),
      }),
    ),
    ...file.rules.map((stated) => ({
      what: 'rule' as const,
      name: ruleName(stated),
      value: ruleValue(stated),
      find: () => tx.findRule(stated),
      write: () => tx.writeRule(stated),
    })),
  ];
}

async function importAdmin(
  tx: BootstrapTransaction,
  { handle, password }: BootstrapAdmin,
  { hashPassword, log }: ImportBootstrapDeps,
): Promise<void> {
  if (await tx.isHandleTaken(handle)) return;
  await tx.createAdministrator({ handle, passwordHash: await hashPassword(password) });
  log.info('the bootstrap file created an administrator', { handle });
}

async function importFile(file: BootstrapFile, deps: ImportBootstrapDeps): Promise<void> {
  const { store, log, ownedByEnvironment } = deps;
  const counts = { write: 0, same: 0, keep: 0 };
  await store.transaction(async (tx) => {
    for (const item of itemsOf(file, tx)) {
      const isOwned = item.what === 'setting' && ownedByEnvironment.includes(item.name);
      const decision = isOwned ? 'keep' : decideImport(await item.find(), item.value);
      counts[decision] += 1;
      if (decision === 'write') await item.write();
      if (decision === 'keep') {
        log.info('the bootstrap file leaves alone what others set', { [item.what]: item.name });
      }
    }
    if (file.admin !== undefined) await importAdmin(tx, file.admin, deps);
    await tx.saveOutcome({ status: 'imported' });
  });
  log.info('the bootstrap file was imported', {
    written: counts.write,
    unchanged: counts.same,
    kept: counts.keep,
  });
}

/** Why an import failed, for people; the file's own values are not part of it. */
function reasonOf(error: unknown): string {
  return error instanceof OrchestratorError
    ? error.message
    : `the database refused it: ${messageOf(error)}`;
}

/**
 * Imports the bootstrap file, all of it or nothing; a second import changes nothing. A file that
 * cannot be imported does not stop the process: readiness tells.
 * See docs/reference/settings.md#bootstrap-file (REQ-BOOTST-0100, REQ-BOOTST-0103).
 */
export async function importBootstrap(deps: ImportBootstrapDeps): Promise<void> {
  const { store, source, log } = deps;
  if (source === undefined) {
    await store.transaction((tx) => tx.saveOutcome(undefined));
    return;
  }
  try {
    await importFile(await source.read(), deps);
  } catch (error) {
    const reason = reasonOf(error);
    log.error('the bootstrap file was not imported', { reason });
    await store.transaction((tx) => tx.saveOutcome({ status: 'failed', error: reason }));
  }
}

import type {
  BootstrapEntry,
  BootstrapFile,
  BootstrapRule,
} from '../domain/bootstrap/bootstrap-file.ts';
import type { ImportTarget } from '../domain/bootstrap/decide-import.ts';
import type { SeedTransaction } from './seeds.ts';

/** The bootstrap file of this install. */
export interface BootstrapSource {
  /** Reads and checks it. @throws OrchestratorError `bootstrap_invalid`. */
  read(): Promise<BootstrapFile>;
}

/** Statements of an import, inside one transaction that runs alone; every row is written as `bootstrap`. */
export interface BootstrapTransaction extends Pick<
  SeedTransaction,
  'isHandleTaken' | 'createAdministrator'
> {
  findSetting(key: string): Promise<ImportTarget>;
  writeSetting(entry: BootstrapEntry): Promise<void>;
  /** Of system scope. */
  findPreference(key: string): Promise<ImportTarget>;
  writePreference(entry: BootstrapEntry): Promise<void>;
  /** The rule with the same subject, action, resource and effect; its value is what else rules have. */
  findRule(rule: BootstrapRule): Promise<ImportTarget>;
  writeRule(rule: BootstrapRule): Promise<void>;
  /** Remembers what came of the import; undefined = no file is configured. Writes only what differs. */
  saveOutcome(outcome: BootstrapOutcome | undefined): Promise<void>;
}

/** What came of the last import, for readiness. See docs/reference/processes.md#readiness. */
export type BootstrapOutcome =
  { readonly status: 'imported' } | { readonly status: 'failed'; readonly error: string };

export interface BootstrapStore {
  /** Runs the work in one transaction, while no other process imports or seeds. */
  transaction<T>(work: (tx: BootstrapTransaction) => Promise<T>): Promise<T>;
}

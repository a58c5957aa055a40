/**
 * Statements of the seeding, inside one transaction that runs alone.
 * See docs/reference/identity-and-policy.md#bootstrap-administrator.
 */
export interface SeedTransaction {
  /** The user `system`, without a password. */
  ensureSystemUser(): Promise<void>;
  ensureRoles(names: readonly string[]): Promise<void>;
  /** True when an active user is bound to `owner` or `admin` at system scope. */
  hasAdministrator(): Promise<boolean>;
  isHandleTaken(handle: string): Promise<boolean>;
  /** A user with password, bound to `owner` at system scope, with an audit row. */
  createAdministrator(administrator: {
    readonly handle: string;
    /** PHC string. */
    readonly passwordHash: string;
  }): Promise<void>;
  /**
   * Writes a text setting as `bootstrap` with an audit row, when it is absent or was last written by `bootstrap`
   * with another value. True when it changed.
   */
  seedSetting(key: string, value: string): Promise<boolean>;
}

export interface SeedStore {
  /** Runs the work in one transaction, while no other process seeds. */
  transaction<T>(work: (tx: SeedTransaction) => Promise<T>): Promise<T>;
}

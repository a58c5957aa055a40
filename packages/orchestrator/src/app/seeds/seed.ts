import type { Log } from '@cynodeai/runtime/observe';
import { OrchestratorError } from '../../domain/errors.ts';
import { roleNames } from '../../domain/identity/active-user.ts';
import { isCommonPassword } from '../../domain/identity/common-passwords.ts';
import { administratorHandle } from '../../domain/identity/handle.ts';
import type { SeedStore, SeedTransaction } from '../../ports/seeds.ts';

export interface SeedOptions {
  readonly store: SeedStore;
  readonly log: Log;
  readonly hashPassword: (password: string) => Promise<string>;
  /** BOOTSTRAP_ADMIN_PASSWORD. */
  readonly adminPassword: string | undefined;
  /** Initial value of the setting `sandbox.default_image`. */
  readonly defaultImage: string | undefined;
}

/** Creates the first administrator when there is none; an existing one is left alone, its password too. */
async function ensureAdministrator(tx: SeedTransaction, options: SeedOptions): Promise<void> {
  if (await tx.hasAdministrator()) return;
  if (await tx.isHandleTaken(administratorHandle)) {
    options.log.error(
      'no administrator exists and the handle "admin" belongs to another user: bind the role owner or admin to a user, or rename that user, and start again',
    );
    return;
  }
  if (options.adminPassword === undefined) {
    throw new OrchestratorError(
      'admin_password_missing',
      'BOOTSTRAP_ADMIN_PASSWORD is required: no administrator exists yet, and it becomes the password of the user "admin"',
    );
  }
  if (isCommonPassword(options.adminPassword)) {
    options.log.warn(
      'BOOTSTRAP_ADMIN_PASSWORD is one of the passwords that are guessed first; reset it soon',
    );
  }
  const passwordHash = await options.hashPassword(options.adminPassword);
  await tx.createAdministrator({ handle: administratorHandle, passwordHash });
  options.log.info('the first administrator was created', { handle: administratorHandle });
}

/**
 * What must exist before the first request; every start runs it and a second run changes nothing.
 * See docs/reference/identity-and-policy.md#bootstrap-administrator (REQ-IDENTY-0113,
 * REQ-IDENTY-0121).
 * @throws OrchestratorError `admin_password_missing`.
 */
export async function seed(options: SeedOptions): Promise<void> {
  await options.store.transaction(async (tx) => {
    await tx.ensureSystemUser();
    await tx.ensureRoles(roleNames);
    await ensureAdministrator(tx, options);
    const { defaultImage } = options;
    if (
      defaultImage !== undefined &&
      (await tx.seedSetting('sandbox.default_image', defaultImage))
    ) {
      options.log.info('the default sandbox image was set', { image: defaultImage });
    }
  });
}

import { isDeepStrictEqual } from 'node:util';
import type { Env, Secret } from '@cynodeai/runtime/config';
import { type DatabaseChoice, shownDatabase } from '../domain/database.ts';
import { demandedDatabase, keptDatabase } from '../install/database-choice.ts';
import { type ListenChoice, farAddress } from '../install/listen-choice.ts';
import type { Install } from '../install/install.ts';
import { missedVariables } from '../roles/environment.ts';
import { checkoutStamp } from '../install/checkout-stamp.ts';
import type { StackState } from './stack-state.ts';

/** Why a running stack is not the one that is wanted. */
export interface RestartReason {
  readonly text: string;
  /** What runs will not do, so that without a restart nothing is done at all. */
  readonly binding: boolean;
}

/** A database as a person is told of it. */
export function databaseText(database: Secret | undefined): string {
  return database === undefined
    ? "the install's own PostgreSQL"
    : `the database ${shownDatabase(database.reveal())}`;
}

/** What to tell whoever names another database than the one that is in use; undefined when nobody does. */
export function otherDatabase(install: Install, env: Env): string | undefined {
  const kept = keptDatabase(install.paths);
  const demanded = demandedDatabase(install.paths, env);
  if (kept?.reveal() === demanded?.reveal()) return undefined;
  return `DATABASE_URL names ${databaseText(demanded)}, and this install uses ${databaseText(kept)}; to change over: cynode down, then cynode up`;
}

function listenText(listen: ListenChoice | undefined): string {
  if (listen === undefined) return 'listens on this machine alone';
  if (listen.insecure) return 'lets other machines in without TLS';
  return `lets other machines in at ${farAddress(listen, 'user-gateway')}`;
}

/** Why the stack that runs should be started anew; undefined when it is as it should be. */
export function restartReason(
  install: Install,
  state: StackState,
  env: Env,
  database?: DatabaseChoice,
): RestartReason | undefined {
  if (!state.proves) {
    const text = 'the running stack is of a version that cannot prove whose it is';
    return { text, binding: true };
  }
  const kept = keptDatabase(install.paths);
  const demanded = demandedDatabase(install.paths, env, database);
  if (kept?.reveal() !== demanded?.reveal()) {
    const text = `the running stack uses ${databaseText(kept)}, not ${databaseText(demanded)}`;
    return { text, binding: true };
  }
  if (!isDeepStrictEqual(state.listen, install.listen)) {
    const text = `the running stack ${listenText(state.listen)}; from now on it ${listenText(install.listen)}`;
    return { text, binding: true };
  }
  const missed = missedVariables(state.variables ?? {}, env);
  if (missed.length > 0) {
    const text = `the running stack was started without this ${missed.join(', ')}`;
    return { text, binding: true };
  }
  if (state.stamp === checkoutStamp(install.checkout)) return undefined;
  return { text: 'the running stack is of another version than this checkout', binding: false };
}

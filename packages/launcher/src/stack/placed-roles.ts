import type { Env } from '@cynodeai/runtime/config';
import type { Log } from '@cynodeai/runtime/observe';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { type BackoffOptions, backoffMs, messageOf } from '@cynodeai/runtime/std';
import { type Install, storeChoices } from '../install/install.ts';
import { openSecrets } from '../install/secrets.ts';
import { neededPorts, untilAccepted } from './needed-ports.ts';
import { writeNodeConfig } from './node-config.ts';
import { type Placed, placePorts } from './place-ports.ts';
import { roleSpecs } from './role-specs.ts';
import { settlePorts } from './settle-ports.ts';
import type { RoleState } from './stack-state.ts';
import type { StateKeeper } from './state-keeper.ts';
import { type RoleSpec, superviseRole } from './supervise-role.ts';

/** What the roles are started with. */
export interface RoleOptions {
  readonly env: Env;
  readonly log: Log;
  /** Instead of the real role processes, for tests. */
  readonly specs?: (databaseUrl: string, install: Install) => readonly RoleSpec[];
  /** Pauses between tries to settle the ports of a first start. */
  readonly backoff?: BackoffOptions;
}

const defaultBackoff: BackoffOptions = { firstMs: 500, maxMs: 30_000, jitter: 0.2 };

/** The role processes of a stack on the ports it has now. */
interface RoleGroup {
  readonly specs: readonly RoleSpec[];
  stop(): Promise<void>;
}

function startGroup(
  install: Install,
  databaseUrl: string,
  { env, log, specs: given }: RoleOptions,
  keeper: StateKeeper,
): RoleGroup {
  writeNodeConfig(install);
  const specs =
    given?.(databaseUrl, install) ??
    roleSpecs(install, openSecrets(install.paths), databaseUrl, env);
  const starting = specs.map((spec) => spec.name);
  const running = specs.map((spec) => {
    return superviseInBackground(
      spec,
      keeper.update,
      log,
      neededPorts(spec.name, starting, install),
    );
  });
  return {
    specs,
    stop: async () => {
      for (const role of running.toReversed()) await role.stop();
    },
  };
}

/**
 * Keeps the roles of a stack on ports of its own. While the install has never served they are moved when somebody
 * else takes one of their ports between the choice and the start.
 */
export class PlacedRoles {
  readonly #options: RoleOptions;
  readonly #databaseUrl: string;
  readonly #keeper: StateKeeper;
  readonly #over = new AbortController();
  readonly #settling: Promise<void>;
  #placed: Placed;
  /** Somebody else has one of the ports; the roles may be stopped already. */
  #mustMove = false;
  #group: RoleGroup;

  constructor(placed: Placed, databaseUrl: string, options: RoleOptions, keeper: StateKeeper) {
    this.#options = options;
    this.#databaseUrl = databaseUrl;
    this.#keeper = keeper;
    this.#placed = placed;
    this.#group = startGroup(placed.install, databaseUrl, options, keeper);
    this.#settling = placed.install.served ? Promise.resolve() : this.#settle();
  }

  get specs(): readonly RoleSpec[] {
    return this.#group.specs;
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#settling;
    await this.#group.stop();
    await this.#placed.claim.release();
  }

  /** Until the ports stand, whatever fails meanwhile: a supervisor without roles would help nobody. */
  async #settle(): Promise<void> {
    const { log, backoff = defaultBackoff } = this.#options;
    const { signal } = this.#over;
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (await this.#trySettling()) return;
        failures = 0;
      } catch (error) {
        failures += 1;
        const pauseMs = backoffMs(failures, Math.random(), backoff);
        log.error('the ports of the first start are not settled; it is tried again', {
          reason: messageOf(error),
          retry_ms: pauseMs,
        });
        await sleep(pauseMs, signal);
      }
    }
  }

  /** @returns false when the roles have moved and are to be looked at anew */
  async #trySettling(): Promise<boolean> {
    if (this.#mustMove) await this.#move();
    const { install } = this.#placed;
    const starting = {
      install,
      secrets: openSecrets(install.paths),
      names: this.specs.map(({ name }) => name),
      stateOf: (name: string) => this.#keeper.of(name),
    };
    const outcome = await settlePorts(starting, this.#over.signal);
    if (outcome === 'settled') await storeChoices(install, { served: true });
    if (outcome !== 'taken') return true;
    this.#options.log.warn('a port was taken by somebody else; choosing other ports');
    this.#mustMove = true;
    return false;
  }

  async #move(): Promise<void> {
    const { install, claim } = this.#placed;
    await this.#group.stop();
    await claim.release();
    this.#placed = await placePorts(install);
    this.#keeper.move(this.#placed.install);
    this.#group = startGroup(this.#placed.install, this.#databaseUrl, this.#options, this.#keeper);
    this.#mustMove = false;
  }
}

function superviseInBackground(
  spec: RoleSpec,
  onChange: (state: RoleState) => void,
  log: Log,
  afterPorts: readonly number[],
): { stop: () => Promise<void> } {
  const control = new AbortController();
  const { signal } = control;
  const done = untilAccepted(afterPorts, signal).then(() =>
    superviseRole(spec, { signal, onChange, log }),
  );
  return {
    stop: () => {
      control.abort();
      return done;
    },
  };
}

import { leastMaskedBytes, limits, utf8Bytes } from '@cynodeai/contracts/common';
import { type JobSecret, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, ProblemError, bindRoute } from '@cynodeai/runtime/http';
import type { Clock } from '@cynodeai/runtime/std';
import type { CallerGuard } from './bind-auth.ts';
import type { FakeUser } from './fake-identity.ts';

/** Secrets of people, by the id of their owner and their name. */
export class FakeSecrets {
  readonly #clock: Clock;
  readonly #all = new Map<string, Map<string, JobSecret>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of({ id }: Pick<FakeUser, 'id'>): Map<string, JobSecret> {
    const known = this.#all.get(id) ?? new Map<string, JobSecret>();
    this.#all.set(id, known);
    return known;
  }

  /** Keeps a secret; its value is kept nowhere. */
  put(owner: FakeUser, name: string, value: string): { status: 200 | 201; body: JobSecret } {
    const known = this.of(owner);
    const before = known.get(name);
    if (before === undefined && known.size >= limits.secretsPerUser) {
      throw new ProblemError('conflict', 'there are as many secrets as one may have');
    }
    const now = this.#clock.now().toISOString();
    const size = utf8Bytes(value);
    const body = {
      name,
      size_bytes: size,
      maskable: size >= leastMaskedBytes,
      created_at: before?.created_at ?? now,
      updated_at: now,
    };
    known.set(name, body);
    return { status: before === undefined ? 201 : 200, body };
  }
}

/** @throws ProblemError `authorization` */
export function refuseViewers({ roles }: FakeUser): void {
  if (roles.length > 0 && roles.every((role) => role === 'viewer')) {
    throw new ProblemError('authorization', 'your role does not allow it');
  }
}

/** The caller's own secrets. See docs/reference/sandbox.md#secrets. */
export function bindSecrets(server: HttpServer, guard: CallerGuard, secrets: FakeSecrets): void {
  bindRoute(server, gatewayRoutes.listSecrets, {
    guard,
    handle: ({ caller }) => {
      refuseViewers(caller);
      const all = [...secrets.of(caller).values()];
      return {
        status: 200,
        body: { secrets: all.toSorted((a, b) => (a.name < b.name ? -1 : 1)) },
      };
    },
  });
  bindRoute(server, gatewayRoutes.putSecret, {
    guard,
    handle: ({ caller, params, body }) => {
      refuseViewers(caller);
      return secrets.put(caller, params.name, body.value);
    },
  });
  bindRoute(server, gatewayRoutes.deleteSecret, {
    guard,
    handle: ({ caller, params }) => {
      refuseViewers(caller);
      if (!secrets.of(caller).delete(params.name)) {
        throw new ProblemError('not_found', 'you have no such secret');
      }
      return { status: 200, body: { deleted: true as const } };
    },
  });
}

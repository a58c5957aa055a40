import { limits } from '@cynodeai/contracts/common';
import { type Workspace, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, ProblemError, bindRoute } from '@cynodeai/runtime/http';
import type { Clock } from '@cynodeai/runtime/std';
import type { CallerGuard } from './bind-auth.ts';
import { refuseViewers } from './bind-secrets.ts';
import type { FakeUser } from './fake-identity.ts';
import type { FakeTask } from './fake-task.ts';

/** Kept workspaces of people, by the id of their owner and their name. */
export class FakeWorkspaces {
  readonly #clock: Clock;
  readonly #all = new Map<string, Map<string, Workspace>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of({ id }: Pick<FakeUser, 'id'>): Map<string, Workspace> {
    const known = this.#all.get(id) ?? new Map<string, Workspace>();
    this.#all.set(id, known);
    return known;
  }

  /** A task names it: it is there from then on. */
  use(owner: Pick<FakeUser, 'id'>, name: string | undefined): void {
    if (name === undefined) return;
    const known = this.of(owner);
    if (known.has(name)) return;
    if (known.size >= limits.workspacesPerUser) {
      throw new ProblemError('conflict', 'there are as many workspaces as one may have');
    }
    known.set(name, { name, created_at: this.#clock.now().toISOString() });
  }
}

/** The caller's own kept workspaces. See docs/reference/workspaces.md. */
export function bindWorkspaces(
  server: HttpServer,
  guard: CallerGuard,
  workspaces: FakeWorkspaces,
  tasks: () => readonly FakeTask[],
): void {
  bindRoute(server, gatewayRoutes.listWorkspaces, {
    guard,
    handle: ({ caller }) => {
      refuseViewers(caller);
      const all = [...workspaces.of(caller).values()];
      return {
        status: 200,
        body: { workspaces: all.toSorted((a, b) => (a.name < b.name ? -1 : 1)) },
      };
    },
  });
  bindRoute(server, gatewayRoutes.deleteWorkspace, {
    guard,
    handle: ({ caller, params: { name } }) => {
      refuseViewers(caller);
      const user = tasks().find(
        ({ hasEnded, facts }) =>
          !hasEnded && facts.ownerId === caller.id && facts.wishes.workspace === name,
      );
      if (user !== undefined) {
        throw new ProblemError('conflict', `task ${user.facts.name} uses the workspace ${name}`);
      }
      if (!workspaces.of(caller).delete(name)) {
        throw new ProblemError('not_found', `you have no workspace ${name}`);
      }
      return { status: 200, body: { deleted: true as const } };
    },
  });
}

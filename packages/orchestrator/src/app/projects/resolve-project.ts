import type { UserActor } from '../../domain/identity/actor.ts';
import {
  type Project,
  defaultProjectOf,
  parseProjectReference,
  requireVisible,
  requireWritable,
} from '../../domain/projects/project.ts';
import type { ProjectStore } from '../../ports/projects.ts';

/**
 * The project of a new task: the one named, else the caller's default project; undefined when that
 * is still to be made. See docs/reference/identity-and-policy.md#projects.
 * @throws OrchestratorError `input_invalid`, `project_unknown`, `project_disabled`, `forbidden`.
 */
export async function findWritable(
  projects: Pick<ProjectStore, 'find'>,
  actor: UserActor,
  wanted: string | undefined,
): Promise<Project | undefined> {
  if (wanted !== undefined) {
    return requireWritable(actor, await projects.find(parseProjectReference(wanted)));
  }
  const own = defaultProjectOf(actor);
  return own && requireWritable(actor, own);
}

/** The caller's default project, made now. @throws OrchestratorError `project_disabled`, `forbidden`. */
export async function firstProject(
  { projects }: { readonly projects: ProjectStore },
  actor: UserActor,
  now: Date,
): Promise<Project> {
  return requireWritable(actor, await projects.ensureDefault(actor.userId, now));
}

/** The project a list is narrowed to. @throws OrchestratorError `input_invalid`, `project_unknown`. */
export async function visibleProject(
  projects: Pick<ProjectStore, 'find'>,
  actor: UserActor,
  wanted: string,
): Promise<Project> {
  return requireVisible(actor, await projects.find(parseProjectReference(wanted)));
}

import type { UserActor } from '../../domain/identity/actor.ts';
import {
  type Project,
  parseProjectReference,
  requireVisible,
  requireWritable,
} from '../../domain/projects/project.ts';
import type { ProjectStore } from '../../ports/projects.ts';

/**
 * The project of a new task: the one named, else the caller's default project. Contract 04 section 8.2.
 * @throws OrchestratorError `input_invalid`, `project_unknown`, `project_disabled`, `forbidden`.
 */
export async function resolveProject(
  projects: ProjectStore,
  actor: UserActor,
  wanted: string | undefined,
  now: Date,
): Promise<Project> {
  const project =
    wanted === undefined
      ? await projects.ensureDefault(actor.userId, now)
      : await projects.find(parseProjectReference(wanted));
  return requireWritable(actor, project);
}

/** The project a list is narrowed to. @throws OrchestratorError `input_invalid`, `project_unknown`. */
export async function visibleProject(
  projects: Pick<ProjectStore, 'find'>,
  actor: UserActor,
  wanted: string,
): Promise<Project> {
  return requireVisible(actor, await projects.find(parseProjectReference(wanted)));
}

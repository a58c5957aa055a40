import { OrchestratorError } from '../errors.ts';
import type { ActiveUser } from '../identity/active-user.ts';
import { canCreateTask, canSeeProject } from '../identity/task-access.ts';

export interface Project {
  readonly id: string;
  readonly slug: string;
  readonly isActive: boolean;
  readonly isDefault: boolean;
  /** Set for default projects. */
  readonly ownerUserId: string | undefined;
}

/** How a caller names a project. */
export type ProjectReference =
  { readonly by: 'id'; readonly id: string } | { readonly by: 'slug'; readonly slug: string };

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const slugPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Slug of a user's default project; it is built from the id because handles may change.
 * See docs/reference/identity-and-policy.md#projects.
 */
export function defaultProjectSlug(userId: string): string {
  return `default-${userId}`;
}

/** The user's default project, as far as it was read with them; undefined before their first task. */
export function defaultProjectOf(user: ActiveUser): Project | undefined {
  if (user.defaultProject === undefined) return undefined;
  const { id, isActive } = user.defaultProject;
  const slug = defaultProjectSlug(user.userId);
  return { id, slug, isActive, isDefault: true, ownerUserId: user.userId };
}

/** Title of every default project. */
export const defaultProjectName = 'Default Project';

/** Reads a uuid or slug. @throws OrchestratorError `input_invalid` for anything else. */
export function parseProjectReference(text: string): ProjectReference {
  if (uuidPattern.test(text)) return { by: 'id', id: text };
  if (slugPattern.test(text)) return { by: 'slug', slug: text };
  throw new OrchestratorError('input_invalid', 'project_id must be a project uuid or slug', {
    field: 'project_id',
  });
}

/** The project when the caller may see it. @throws OrchestratorError `project_unknown`, the same for absent and invisible. */
export function requireVisible(user: ActiveUser, project: Project | undefined): Project {
  if (project === undefined || !canSeeProject(user, project)) {
    throw new OrchestratorError(
      'project_unknown',
      'no such project; name one of your projects or leave project_id out',
    );
  }
  return project;
}

/**
 * The project when the caller may create tasks in it.
 * See docs/reference/identity-and-policy.md#projects.
 * @throws OrchestratorError `project_unknown`, `project_disabled`, `forbidden`.
 */
export function requireWritable(user: ActiveUser, project: Project | undefined): Project {
  const visible = requireVisible(user, project);
  if (!visible.isActive) {
    throw new OrchestratorError('project_disabled', 'the project is disabled; choose another one');
  }
  const isOwnDefault = visible.isDefault && visible.ownerUserId === user.userId;
  if (!canCreateTask(user, { id: visible.id, isOwnDefault })) {
    throw new OrchestratorError('forbidden', 'your role does not allow creating tasks here');
  }
  return visible;
}

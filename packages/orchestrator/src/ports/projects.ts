import type { Project, ProjectReference } from '../domain/projects/project.ts';

/** Reads and makes projects. */
export interface ProjectStore {
  find(reference: ProjectReference): Promise<Project | undefined>;
  /**
   * The user's default project, made on first use; concurrent first uses make one.
   * See docs/reference/identity-and-policy.md#projects.
   */
  ensureDefault(userId: string, now: Date): Promise<Project>;
}

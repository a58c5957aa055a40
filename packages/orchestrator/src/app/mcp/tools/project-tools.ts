import type { AgentProject } from '@cynodeai/contracts/mcp';
import { canSeeProject } from '../../../domain/identity/task-access.ts';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import type { AgentProjectReader } from '../../../ports/agent-views.ts';
import type { HandlersBelow } from '../tool-handlers.ts';
import { userOf, visibleTo } from './call-user.ts';
import { pageByText } from './pages.ts';

export interface ProjectToolDeps {
  readonly projects: AgentProjectReader;
  readonly seal: Seal;
}

/** Handlers of the tools on projects. See docs/reference/mcp.md#tools. */
export function projectTools({ projects, seal }: ProjectToolDeps): HandlersBelow<'db.project'> {
  return {
    'db.project.get': async (call, { project_id: id, slug }) => {
      const project = await projects.find(id === undefined ? { slug: slug ?? '' } : { id });
      const ownerUserId = project?.is_default ? (project.owner_user_id ?? undefined) : undefined;
      if (!project || !canSeeProject(userOf(call), { id: project.id, ownerUserId })) {
        throw new ToolRefusal('not_found', 'no such project');
      }
      return { project };
    },
    'db.project.list': async (call, { q, ...page }) => {
      const visible = visibleTo(userOf(call));
      const slugOf = (row: AgentProject): string => row.slug;
      const { rows, next_cursor } = await pageByText(seal, page, slugOf, (after, limit) =>
        projects.list({ visible, text: q?.toLowerCase(), after, limit }),
      );
      return { projects: [...rows], next_cursor };
    },
  };
}

import type { OtherRoute, UserRoute } from '../common/route.ts';
import type { GatewayAction } from './actions.ts';
import { auditRoutes } from './audit.ts';
import { authRoutes } from './auth.ts';
import { folderRoutes } from './folders.ts';
import { metaRoutes } from './meta.ts';
import { nodeRoutes } from './nodes.ts';
import { roleBindingRoutes } from './role-bindings.ts';
import { secretRoutes } from './secrets.ts';
import { settingRoutes } from './settings.ts';
import { taskArtifactRoutes } from './task-artifacts.ts';
import { taskEventRoutes } from './task-events.ts';
import { taskPruneRoutes } from './task-prune.ts';
import { taskResultRoutes } from './task-results.ts';
import { taskRoutes } from './tasks.ts';
import { userRoutes } from './users.ts';
import { workspaceRoutes } from './workspaces.ts';

export * from './audit.ts';
export * from './auth.ts';
export * from './folders.ts';
export * from './meta.ts';
export * from './nodes.ts';
export * from './role-bindings.ts';
export * from './secrets.ts';
export * from './settings.ts';
export * from './task-artifacts.ts';
export * from './task-events.ts';
export * from './task-prune.ts';
export * from './task-results.ts';
export * from './tasks.ts';
export * from './users.ts';
export * from './workspaces.ts';

/**
 * The User API Gateway's HTTP surface. Unknown query parameters are ignored, unknown body fields
 * refused. See docs/reference/http.md.
 */
export const gatewayRoutes = {
  ...metaRoutes,
  ...authRoutes,
  ...taskRoutes,
  ...taskResultRoutes,
  ...taskArtifactRoutes,
  ...taskEventRoutes,
  ...taskPruneRoutes,
  ...folderRoutes,
  ...userRoutes,
  ...roleBindingRoutes,
  ...secretRoutes,
  ...settingRoutes,
  ...nodeRoutes,
  ...workspaceRoutes,
  ...auditRoutes,
} as const satisfies Readonly<Record<string, UserRoute<GatewayAction> | OtherRoute>>;

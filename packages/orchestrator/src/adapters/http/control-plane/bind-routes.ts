import type { ReadinessReason } from '@cynodeai/contracts/common';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, bindHealthRoutes } from '@cynodeai/runtime/http';
import type { Collector } from '@cynodeai/runtime/observe';
import { bindAckConfig } from './ack-config.ts';
import { bindGetConfig } from './get-config.ts';
import { bindOpenApi } from './openapi.ts';
import { type JoinNodeRouteDeps, bindJoinNode } from './join-node.ts';
import { type RegisterNodeRouteDeps, bindRegisterNode } from './register-node.ts';
import { bindReportCapability } from './report-capability.ts';

/** The control-plane's HTTP surface. See docs/reference/nodes.md#calls-of-a-node. */
export function bindControlPlane(
  server: HttpServer,
  deps: RegisterNodeRouteDeps & JoinNodeRouteDeps,
  readiness: () => Promise<readonly ReadinessReason[]>,
  proofKey?: Secret,
  collectors: readonly Collector[] = [],
): void {
  bindHealthRoutes(server, readiness, proofKey, collectors);
  bindOpenApi(server);
  bindRegisterNode(server, deps);
  bindJoinNode(server, deps);
  bindReportCapability(server, deps);
  bindGetConfig(server, deps);
  bindAckConfig(server, deps);
}

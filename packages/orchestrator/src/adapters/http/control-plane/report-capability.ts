import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { AuthenticateNodeDeps } from '../../../app/nodes/authenticate-node.ts';
import {
  type ReportCapabilityDeps,
  reportCapability,
} from '../../../app/nodes/report-capability.ts';
import { nodeGuard } from './node-guard.ts';

/** `POST /v1/nodes/capability`. */
export function bindReportCapability(
  server: HttpServer,
  deps: ReportCapabilityDeps & AuthenticateNodeDeps,
): void {
  bindRoute(server, controlPlaneRoutes.reportCapability, {
    guard: nodeGuard(deps),
    handle: async ({ caller, body }) => {
      await reportCapability(caller, body, deps);
      return { status: 204 };
    },
  });
}

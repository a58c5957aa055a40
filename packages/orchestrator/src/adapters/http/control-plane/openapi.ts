import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import { type HttpServer, anyone, bindRoute, openApiDocument } from '@cynodeai/runtime/http';

/** `GET /v1/openapi.json`. */
export function bindOpenApi(server: HttpServer): void {
  let document: Record<string, unknown> | undefined;
  bindRoute(server, controlPlaneRoutes.openapi, {
    guard: anyone,
    handle: () => {
      document ??= openApiDocument(
        { title: 'CyNodeAI control plane', version: '1' },
        Object.values(controlPlaneRoutes),
      );
      return { status: 200, body: document };
    },
  });
}

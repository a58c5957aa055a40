import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, anyone, bindRoute, openApiDocument } from '@cynodeai/runtime/http';

/** `GET /v1/openapi.json`, made from the routes this server serves. */
export function bindOpenApi(server: HttpServer, version: string): void {
  bindRoute(server, gatewayRoutes.openapi, {
    guard: anyone,
    handle: () => ({
      status: 200,
      body: openApiDocument({ title: 'CyNodeAI User API Gateway', version }, server.routes),
    }),
  });
}

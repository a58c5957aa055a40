import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { type HttpServer, bindRoute, openApiDocument } from '@cynodeai/runtime/http';
import { requireToken, type TokenSource } from './guards.ts';

/** The Worker API as an OpenAPI document, made from the routes that are served. */
export function bindOpenApi(server: HttpServer, config: TokenSource): void {
  bindRoute(server, workerApiRoutes.openapi, {
    guard: (request) => requireToken(config, request.headers.authorization),
    handle: () => ({
      status: 200,
      body: openApiDocument({ title: 'CyNodeAI Worker API', version: '1' }, server.routes),
    }),
  });
}

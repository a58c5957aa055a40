import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, bindRoute, openApiDocument } from '@cynodeai/runtime/http';
import { requireToken } from './guards.ts';

/** The Worker API as an OpenAPI document, made from the routes that are served. */
export function bindOpenApi(server: HttpServer, token: Secret): void {
  bindRoute(server, workerApiRoutes.openapi, {
    guard: (request) => requireToken(token, request.headers.authorization),
    handle: () => ({
      status: 200,
      body: openApiDocument({ title: 'CyNodeAI Worker API', version: '1' }, server.routes),
    }),
  });
}

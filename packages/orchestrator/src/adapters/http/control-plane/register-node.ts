import {
  controlPlaneRoutes,
  nodeRegistrationRequestSchema,
} from '@cynodeai/contracts/control-plane';
import type { Secret } from '@cynodeai/runtime/config';
import { constantTimeEqual } from '@cynodeai/runtime/crypto';
import { type HttpServer, anyone, bindRoute, validationProblem } from '@cynodeai/runtime/http';
import { z } from 'zod';
import { type RegisterNodeDeps, registerNode } from '../../../app/nodes/register-node.ts';
import { OrchestratorError } from '../../../domain/errors.ts';

export interface RegisterNodeRouteDeps extends RegisterNodeDeps {
  readonly psk: Secret;
  /**
   * Registrations a client address may try per minute. See docs/reference/nodes.md#registration.
   */
  readonly perMinute: number;
}

/** The key is judged before the report: who does not know it learns nothing about the payload. */
const keyedRequest = z.looseObject({ psk: z.string().min(1) });

/** `POST /v1/nodes/register`. */
export function bindRegisterNode(server: HttpServer, deps: RegisterNodeRouteDeps): void {
  const route = { ...controlPlaneRoutes.registerNode, body: keyedRequest };
  bindRoute(server, route, {
    guard: anyone,
    rateLimitPerMinute: deps.perMinute,
    handle: async ({ body, ip, headers }) => {
      const client = { ip, userAgent: headers['user-agent'] };
      if (!constantTimeEqual(body.psk, deps.psk.reveal())) {
        deps.registry.countRefusal({ slug: undefined, reason: 'wrong_psk', client });
        throw new OrchestratorError('node_psk_wrong', 'the pre-shared key is wrong');
      }
      const parsed = nodeRegistrationRequestSchema.safeParse(body);
      if (!parsed.success) throw validationProblem(parsed.error, body, 'body');
      const { capability: report, identity } = parsed.data;
      const outcome = await registerNode({ report, identity, client }, deps);
      if (outcome.kind === 'registered') {
        return { status: outcome.created ? 201 : 200, body: outcome.bootstrap };
      }
      const { node_slug } = report.node;
      return {
        status: 202,
        body: { version: 1 as const, node_slug, challenge: outcome.challenge },
      };
    },
  });
}

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
import type { JoinTokenSecrets, JoinTokens } from '../../../ports/join-tokens.ts';

export interface RegisterNodeRouteDeps extends RegisterNodeDeps {
  readonly joinTokens: Pick<JoinTokens, 'slugOfKey'>;
  readonly joinSecrets: Pick<JoinTokenSecrets, 'hash'>;
  readonly psk: Secret;
  /**
   * Registrations a client address may try per minute. See docs/reference/nodes.md#registration.
   */
  readonly perMinute: number;
}

/** The key is judged before the report: who does not know it learns nothing about the payload. */
const keyedRequest = z.looseObject({ psk: z.string().min(1) });

/** Under which slugs whoever has this key may register; undefined when it is nobody's. */
async function admittedBy(
  key: string,
  { psk, joinTokens, joinSecrets }: RegisterNodeRouteDeps,
): Promise<'any' | { readonly slug: string } | undefined> {
  if (constantTimeEqual(key, psk.reveal())) return 'any';
  const slug = await joinTokens.slugOfKey(joinSecrets.hash(key));
  return slug === undefined ? undefined : { slug };
}

/** `POST /v1/nodes/register`. */
export function bindRegisterNode(server: HttpServer, deps: RegisterNodeRouteDeps): void {
  const route = { ...controlPlaneRoutes.registerNode, body: keyedRequest };
  bindRoute(server, route, {
    guard: anyone,
    rateLimitPerMinute: deps.perMinute,
    handle: async ({ body, ip, headers }) => {
      const client = { ip, userAgent: headers['user-agent'] };
      const refuse = (message: string): OrchestratorError => {
        deps.registry.countRefusal({ slug: undefined, reason: 'wrong_psk', client });
        return new OrchestratorError('node_psk_wrong', message);
      };
      const admitted = await admittedBy(body.psk, deps);
      if (admitted === undefined) throw refuse('the pre-shared key is wrong');
      const parsed = nodeRegistrationRequestSchema.safeParse(body);
      if (!parsed.success) throw validationProblem(parsed.error, body, 'body');
      const { capability: report, identity } = parsed.data;
      if (admitted !== 'any' && admitted.slug !== report.node.node_slug) {
        throw refuse('this key is that of a node with another name');
      }
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

import type { Secret } from '@cynodeai/runtime/config';
import { constantTimeEqual } from '@cynodeai/runtime/crypto';
import type { FastifyRequest } from 'fastify';

/** The bearer token of a request, if it has one. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** Whether a request has the token of what runs workflows. */
export function isRunner(request: FastifyRequest, token: Secret): boolean {
  const given = bearerOf(request);
  return given !== undefined && constantTimeEqual(given, token.reveal());
}

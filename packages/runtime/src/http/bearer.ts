import type { FastifyRequest } from 'fastify';
import type { Secret } from '../config/secret.ts';
import { constantTimeEqual } from '../crypto/index.ts';

/** The bearer token of a request, if it has one. */
export function bearerOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** Whether a request has that token; compared in constant time. */
export function hasBearer(request: Pick<FastifyRequest, 'headers'>, token: Secret): boolean {
  const given = bearerOf(request);
  return given !== undefined && constantTimeEqual(given, token.reveal());
}

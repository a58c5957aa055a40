import { z } from 'zod';
import { bodyErrors } from '../common/body-errors.ts';
import { limits } from '../common/limits.ts';
import { timestampSchema } from '../common/primitives.ts';
import { bytes32Schema } from '../common/proof.ts';
import { defineRoute } from '../common/route.ts';

const tokenSchema = z.string().min(1).max(4096);

/**
 * Body of a login. Length limits keep a hostile body from costing a hash.
 * See docs/reference/identity-and-policy.md#passwords and
 * docs/reference/identity-and-policy.md#sessions.
 */
export const loginRequestSchema = z.strictObject({
  handle: z.string().min(1).max(256),
  password: z.string().min(1).max(1024),
});

/** What a client of the install's own machine says in place of a password. See docs/reference/processes.md#proof. */
export const localSessionRequestSchema = z.strictObject({
  at: timestampSchema,
  nonce: bytes32Schema,
  proof: bytes32Schema,
});

/** Body of a refresh. */
export const refreshRequestSchema = z.strictObject({ refresh_token: tokenSchema });

/** Body of a logout; the refresh token is optional when an access token is sent. */
export const logoutRequestSchema = z.strictObject({ refresh_token: tokenSchema.optional() });

/** Both tokens of a session; `expires_in` is the access token's life in seconds. */
export const tokenResponseSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int().positive(),
});

export type LoginRequest = z.infer<typeof loginRequestSchema>;
export type LocalSessionRequest = z.infer<typeof localSessionRequestSchema>;
export type TokenResponse = z.infer<typeof tokenResponseSchema>;

const tokens = { 200: { kind: 'json', schema: tokenResponseSchema } } as const;

/** Sessions of people. See docs/reference/identity-and-policy.md#sessions. */
export const authRoutes = {
  login: defineRoute({
    operation: 'auth.login',
    method: 'POST',
    path: '/v1/auth/login',
    auth: 'none',
    summary: 'Exchange handle and password for a session',
    body: loginRequestSchema,
    bodyLimitBytes: limits.openBodyBytes,
    success: tokens,
    errors: [...bodyErrors, 'authentication', 'rate_limit'],
  }),
  refresh: defineRoute({
    operation: 'auth.refresh',
    method: 'POST',
    path: '/v1/auth/refresh',
    auth: 'none',
    summary: 'Rotate a refresh token; both tokens of the answer are new',
    body: refreshRequestSchema,
    bodyLimitBytes: limits.openBodyBytes,
    success: tokens,
    errors: [...bodyErrors, 'authentication', 'rate_limit'],
  }),
  logout: defineRoute({
    operation: 'auth.logout',
    method: 'POST',
    path: '/v1/auth/logout',
    auth: 'none',
    summary: 'End the session named by the access token, the refresh token or both',
    body: logoutRequestSchema,
    bodyLimitBytes: limits.openBodyBytes,
    bodyOptional: true,
    success: { 204: { kind: 'empty' } },
    errors: [...bodyErrors, 'authentication'],
  }),
} as const;

/**
 * Served to callers of the same machine, and only where `cynode` gave the role a key.
 * See docs/reference/processes.md#proof.
 */
export const localSessionRoute = defineRoute({
  operation: 'auth.local',
  method: 'POST',
  path: '/v1/auth/local',
  auth: 'none',
  summary: "Exchange a proof of the install's key for a session of its administrator",
  body: localSessionRequestSchema,
  bodyLimitBytes: limits.openBodyBytes,
  success: tokens,
  errors: [...bodyErrors, 'authentication', 'not_found', 'rate_limit'],
});

import { z } from 'zod';

const tokenSchema = z.string().min(1).max(4096);

/** Body of a login. Length limits keep a hostile body from costing a hash. Contract 04 sections 3.4, 4.2. */
export const loginRequestSchema = z.strictObject({
  handle: z.string().min(1).max(256),
  password: z.string().min(1).max(1024),
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
export type TokenResponse = z.infer<typeof tokenResponseSchema>;

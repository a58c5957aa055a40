import { parseJsonOr } from '@cynodeai/runtime/std';
import { readFingerprint } from '@cynodeai/runtime/tls';
import { z } from 'zod';
import { LauncherError } from '../base/launcher-error.ts';

/** Far more than any has, characters. */
const maxChars = 1024;

const joinTokenSchema = z.object({
  version: z.literal(1),
  /** Of the control plane. */
  url: z.url({ protocol: /^https$/ }),
  /** SHA-256 of the authority its certificate comes from; absent: one that the system knows. */
  fingerprint: z
    .string()
    .transform((text) => readFingerprint(text))
    .pipe(z.string())
    .optional(),
  secret: z.string().min(1),
  expires: z.iso.datetime(),
});

/** What a node of another machine joins with, once. See docs/reference/machines.md#join. */
export type JoinToken = z.infer<typeof joinTokenSchema>;

/** The token as it is handed over: one word. */
export function writeJoinToken(token: JoinToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** @throws LauncherError `usage` for what is no token, or one that has expired */
export function readJoinToken(text: string, now: Date): JoinToken {
  const word = text.trim();
  const json = word.length > maxChars ? '' : Buffer.from(word, 'base64url').toString('utf8');
  const token = joinTokenSchema.safeParse(parseJsonOr(json)).data;
  const again = 'make one on the machine of the control plane with: cynode node token';
  if (token === undefined) {
    throw new LauncherError('usage', `this is no whole join token; ${again}`);
  }
  if (new Date(token.expires) > now) return token;
  throw new LauncherError(
    'usage',
    `this join token expired at ${token.expires} (here it is ${now.toISOString()}); ${again}`,
  );
}

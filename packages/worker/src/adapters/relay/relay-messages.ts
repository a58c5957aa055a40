import { z } from 'zod';

const id = z.int().nonnegative();

/** What a node tells its relay. Beside `serve` comes the listener. */
export const toRelaySchema = z.discriminatedUnion('kind', [
  /** Where the model service is now, and whether a place is to be asked for before it works. */
  z.object({ kind: z.literal('service'), upstream: z.string().optional(), limited: z.boolean() }),
  z.object({ kind: z.literal('serve'), id }),
  z.object({ kind: z.literal('close'), id }),
  /** The answer to `enter`. */
  z.object({ kind: z.literal('place'), id, admitted: z.boolean() }),
  z.object({ kind: z.literal('hear') }),
]);

/** What a relay tells its node, which believes it nothing more than this: strangers speak to the relay. */
export const fromRelaySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('closed'), id }),
  z.object({ kind: z.literal('enter'), id }),
  z.object({ kind: z.literal('giveUp'), id }),
  z.object({ kind: z.literal('leave'), id }),
  z.object({ kind: z.literal('heard') }),
]);

export type ToRelay = z.infer<typeof toRelaySchema>;
export type FromRelay = z.infer<typeof fromRelaySchema>;

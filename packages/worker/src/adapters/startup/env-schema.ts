import { type Env, parseEnv, schemaOf } from '@cynodeai/runtime/config';
import { nodeEnvironment } from '@cynodeai/runtime/environment/node';
import { messageOf } from '@cynodeai/runtime/std';
import type { z } from 'zod';

const schema = schemaOf(nodeEnvironment);

export type NodeEnv = z.infer<typeof schema>;

/** What holds when nothing is set. */
export const unsetNodeEnv: NodeEnv = parseEnv(schema, {});

/** The node's variables, or what is wrong with them, one line a fault. */
export function readNodeEnv(env: Env): NodeEnv | { readonly faults: readonly string[] } {
  try {
    return parseEnv(schema, env);
  } catch (error) {
    return { faults: messageOf(error).split('\n') };
  }
}

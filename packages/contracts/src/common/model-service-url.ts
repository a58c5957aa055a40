import { serviceUrlSchema } from './primitives.ts';

/** Where the wires of a model service begin below its address; whoever copies one from elsewhere gives it along. */
const wires = ['/v1', '/api'];

/** What the address of a model service must be, for messages. */
export const modelServiceUrlRule =
  'must be the root of the model service, such as http://127.0.0.1:11434, without /v1 or /api at its end';

function withoutSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}

/** The same address without the wire at its end, for advice; undefined when it ends in none. */
export function withoutWire(url: string): string | undefined {
  const path = withoutSlashes(URL.parse(url)?.pathname ?? '').toLowerCase();
  const wire = wires.find((candidate) => path.endsWith(candidate));
  if (wire === undefined) return undefined;
  return withoutSlashes(withoutSlashes(url).slice(0, -wire.length));
}

/**
 * Address of a model service, http or https: one schema for whoever calls it. A slash at its end is dropped.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
export const modelServiceUrlSchema = serviceUrlSchema
  .refine((url) => withoutWire(url) === undefined, modelServiceUrlRule)
  .transform(withoutSlashes);

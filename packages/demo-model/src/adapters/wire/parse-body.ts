import { messageOf } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { ModelError } from '../../domain/model-error.ts';
import type { ModelCall } from './model-call.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON body by its schema; the content type is not looked at. @throws ModelError `invalid` */
export function parseBody<S extends z.ZodType>({ body }: ModelCall, schema: S): z.infer<S> {
  if (body.length === 0) throw new ModelError('invalid', 'missing request body');
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  const reason = issue?.message ?? 'unexpected value';
  throw new ModelError('invalid', where === '' ? reason : `${where}: ${reason}`);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    // The parser quotes the input, which may be private and long.
    const reason = messageOf(cause).split(/[,"]/, 1)[0] ?? '';
    throw new ModelError('invalid', `the body is not valid JSON: ${reason.trim()}`, { cause });
  }
}

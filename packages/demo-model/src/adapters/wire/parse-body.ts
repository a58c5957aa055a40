import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { ModelError } from '../../domain/model-error.ts';
import type { ModelCall } from './model-call.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON body by its schema; the content type is not looked at. @throws ModelError `invalid` */
export function parseBody<S extends z.ZodType>({ body }: ModelCall, schema: S): z.infer<S> {
  if (body.length === 0) throw new ModelError('invalid', 'missing request body');
  const parsed = schema.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  const reason = issue?.message ?? 'unexpected value';
  throw new ModelError('invalid', where === '' ? reason : `${where}: ${reason}`);
}

function jsonOf(body: Buffer): unknown {
  try {
    return parseJson(utf8.decode(body));
  } catch (cause) {
    throw new ModelError('invalid', 'the body is not valid JSON', { cause });
  }
}

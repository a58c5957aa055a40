import { parseJsonOr } from '@cynodeai/runtime/std';

/** The JSON of a model's answer, with a fence or words around it too; undefined where there is none. */
export function jsonOf(text: string): unknown {
  const begin = text.indexOf('{');
  const end = text.lastIndexOf('}');
  return begin < 0 || end < begin ? undefined : parseJsonOr(text.slice(begin, end + 1));
}

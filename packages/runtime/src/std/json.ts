import { CodedError } from './coded-error.ts';

/** Text that is not JSON. Its message holds nothing of the text, which may be secret. */
export class JsonError extends CodedError<'not_json'> {
  constructor() {
    super('not_json', 'it is not JSON');
  }
}

/** The value of a JSON text. @throws JsonError, which says nothing of the text */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, so it is not kept, not even as a cause.
    throw new JsonError();
  }
}

/** The value of a JSON text, or `otherwise` when it is none; for readers that check the shape next. */
export function parseJsonOr(text: string, otherwise?: unknown): unknown {
  try {
    return parseJson(text);
  } catch {
    return otherwise;
  }
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { checkJsonBounds } from './json-bounds.ts';
import { ProblemError } from './problem-error.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ProblemError('validation', 'the body is not valid UTF-8', { cause });
  }
}

/** True when bytes of a body follow the headers. */
export function hasBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * Bodies are JSON in UTF-8, as they are: other types and compressed bodies get 415, bytes that are
 * no UTF-8 get 400 instead of being mended, and keys that would reach a prototype, too many values
 * or levels are refused.
 * See docs/reference/http.md#requests.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, body, done) => {
      checkJsonBounds(body);
      return parse(request, decode(body), done);
    },
  );
  app.addHook('preParsing', async (request) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || /^\s*identity\s*$/i.test(encoding) || !hasBody(request)) return;
    throw new ProblemError('unsupported_media_type', 'send the body without a content encoding');
  });
}

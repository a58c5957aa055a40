import type { FastifyInstance } from 'fastify';
import { Transform } from 'node:stream';
import { ProblemError } from './problem-error.ts';

function tooLarge(): ProblemError {
  return new ProblemError('payload_too_large', 'the body is larger than this endpoint takes');
}

/** Passes a body without a declared length on and ends it at the first byte too many. */
function counted(limitBytes: number): Transform {
  let size = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      size += chunk.length;
      if (size > limitBytes) done(tooLarge());
      else done(null, chunk);
    },
  });
}

/**
 * Limits bodies by what `limitBytes` says when they arrive; the framework's own limit is fixed when it is made.
 * Streamed bodies see to themselves.
 */
export function limitBodies(app: FastifyInstance, limitBytes: () => number): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    if (request.routeOptions.config.streamed !== undefined) return payload;
    const limit = limitBytes();
    // Of a body with a length, Node lets no more than that through.
    if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
    if (request.headers['transfer-encoding'] === undefined) return payload;
    const body = counted(limit);
    payload.on('error', (error) => body.destroy(error));
    return payload.pipe(body);
  });
}

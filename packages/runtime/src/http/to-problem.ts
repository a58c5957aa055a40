import { ProblemError } from './problem-error.ts';

/** Fastify's own refusals by code; the rest of its 4xx are malformed requests. */
const fastifyProblems: Readonly<Record<string, () => ProblemError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new ProblemError('unsupported_media_type', 'send the body as application/json'),
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new ProblemError('payload_too_large', 'the body is larger than this endpoint takes'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new ProblemError('validation', 'the JSON body is empty'),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new ProblemError('validation', 'the body is not valid JSON'),
  FST_ERR_BAD_URL: () => new ProblemError('validation', 'the path is not a valid URL'),
};

function field(error: object, name: string): unknown {
  return Reflect.get(error, name);
}

/** The refusal for anything thrown while a request was served; undefined for a defect of ours. */
export function toProblem(
  error: unknown,
  mapError: ((error: unknown) => ProblemError | undefined) | undefined,
): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  const mapped = mapError?.(error);
  if (mapped !== undefined) return mapped;
  if (!(error instanceof Error)) return undefined;
  const code = field(error, 'code');
  const known = typeof code === 'string' ? fastifyProblems[code] : undefined;
  if (known !== undefined) return known();
  const status = field(error, 'statusCode');
  if (error instanceof SyntaxError)
    return new ProblemError('validation', 'the body is not valid JSON');
  return typeof status === 'number' && status >= 400 && status < 500
    ? new ProblemError('validation', 'malformed request')
    : undefined;
}

import { inferencePaths, oneModelPath } from '@cynodeai/contracts/worker-api';

/** What makes a model work, and so counts for `inference.max_concurrency`; the rest only asks. */
const working: ReadonlySet<string> = new Set([
  '/api/generate',
  '/api/chat',
  '/api/embed',
  '/api/embeddings',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/messages',
]);

/** A request target that may go to the model service. */
export interface Target {
  /** Path and query exactly as the caller sent them. */
  readonly path: string;
  /** Whether it makes a model work. */
  readonly works: boolean;
  /** Whether its body names a model. */
  readonly namesModel: boolean;
  /** The model that its path names. */
  readonly model?: string | undefined;
}

/**
 * The target of a request line, or undefined when it may not pass. Paths are compared byte by byte
 * before any decoding, so that no other spelling of a path (escapes, dots, double slashes, upper
 * case, a full URL) gets further than this. See docs/reference/sandbox.md#relay.
 */
export function allowedTarget(requestTarget: string): Target | undefined {
  const end = requestTarget.indexOf('?');
  const path = end === -1 ? requestTarget : requestTarget.slice(0, end);
  const model = oneModelPath.exec(path)?.groups?.['model'];
  if (model !== undefined) return { path: requestTarget, works: false, namesModel: false, model };
  if (!inferencePaths.has(path)) return undefined;
  const works = working.has(path);
  return { path: requestTarget, works, namesModel: works || path === '/api/show' };
}

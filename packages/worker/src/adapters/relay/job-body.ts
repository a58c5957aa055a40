import { checkJsonBounds } from '@cynodeai/runtime/http';
import { isRecord, messageOf, parseJsonOr } from '@cynodeai/runtime/std';
import { modelIn, restrictedBody } from '../../domain/inference/job-request.ts';
import type { JobModels, RelayRefusal } from '../../ports/relay.ts';

/** What is sent on in place of a body, or why nothing is. */
export type PrepareBody = (bytes: Buffer) => Promise<Buffer | RelayRefusal>;

/** Values of one body: what a model remembers of a talk is a list of numbers. */
const maxValues = 200_000;

const noObject: RelayRefusal = { kind: 'validation', message: 'the body is not a JSON object' };
const noModel: RelayRefusal = { kind: 'validation', message: 'the body names no model' };
const closedModel: RelayRefusal = {
  kind: 'node_policy_refused',
  message: 'this node has no such model for jobs; GET /api/tags lists those it has',
};

/** The model a body names, or why it cannot be sent on. */
function namedIn(bytes: Buffer): string | RelayRefusal {
  const body = parseJsonOr(bytes.toString('utf8'));
  if (!isRecord(body)) return noObject;
  return modelIn(body) ?? noModel;
}

/**
 * Bodies of a job's requests as they may reach the model service.
 * See docs/reference/sandbox.md#relay.
 */
export function jobBodies(models: JobModels): PrepareBody {
  return async (bytes) => {
    try {
      checkJsonBounds(bytes, maxValues);
    } catch (error) {
      return { kind: 'validation', message: messageOf(error) };
    }
    const named = namedIn(bytes);
    if (typeof named !== 'string') return named;
    const model = await models.find(named);
    if (model === undefined) return closedModel;
    // Parsed once more rather than held while the service is asked: the memory is for all jobs.
    const body = parseJsonOr(bytes.toString('utf8'));
    return isRecord(body) ? Buffer.from(JSON.stringify(restrictedBody(body, model))) : noObject;
  };
}

import type { OllamaGenerateRequest } from '@cynodeai/contracts/model';
import { ModelError } from '../../domain/model-error.ts';
import type { ModelQuestion } from '../../ports/model-backend.ts';

type Options = Pick<OllamaGenerateRequest, 'options' | 'format' | 'think'>;

/** The options of a request in the words of a question. */
export function answerOptions({
  options,
  format,
  think,
}: Options): Pick<ModelQuestion, 'format' | 'think' | 'maxTokens' | 'stop'> {
  const limit = options?.num_predict ?? -1;
  if (typeof format === 'string' && format !== '' && format !== 'json') {
    const message = `invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`;
    throw new ModelError('failed', message);
  }
  return {
    think: think !== undefined && think !== null && think !== false && think !== '',
    // Negative means no limit.
    ...(limit > 0 && { maxTokens: Math.ceil(limit) }),
    ...(format !== undefined && format !== null && format !== '' && { format }),
    stop: [options?.stop ?? []].flat().filter((text) => text !== ''),
  };
}

import type { OpenAiCompletionRequest } from '@cynodeai/contracts/model';
import type { ModelQuestion } from '../../ports/model-backend.ts';

/** The options of a request in the words of a question. */
export function openAiOptions(
  { max_tokens, stop }: Pick<OpenAiCompletionRequest, 'max_tokens' | 'stop'>,
  maxCompletionTokens?: number | null,
): Pick<ModelQuestion, 'maxTokens' | 'stop'> {
  const limit = maxCompletionTokens ?? max_tokens ?? 0;
  return {
    ...(limit > 0 && { maxTokens: Math.ceil(limit) }),
    stop: [stop ?? []].flat().filter((text) => text !== ''),
  };
}

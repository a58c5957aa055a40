import type { OllamaToolCall } from '@cynodeai/contracts';
import { whatItCanDo, whoItIs } from './what-it-is.ts';

/** What the model says next: words, calls of tools, or both. */
export interface Reply {
  readonly text: string;
  readonly calls: readonly OllamaToolCall[];
}

/** The next reply in a conversation. */
export function answerConversation(): Reply {
  return { text: `${whoItIs} ${whatItCanDo}`, calls: [] };
}

import type { ModelBackend } from '../../ports/model-backend.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { refuseEmbed } from './embed.ts';
import { type ModelCall, sendText } from './model-call.ts';
import { ollamaChat } from './ollama-chat.ts';
import { ollamaGenerate } from './ollama-generate.ts';
import { ollamaPs, ollamaShow, ollamaTags, ollamaVersion } from './ollama-models.ts';
import { ollamaPull } from './ollama-pull.ts';
import { openAiChat } from './openai-chat.ts';
import { openAiCompletion } from './openai-completion.ts';
import { openAiModel, openAiModels } from './openai-models.ts';
import { openAiResponses } from './openai-responses.ts';

/** One path of the wire. */
interface WireRoute {
  /** GET answers HEAD too. */
  readonly method: 'GET' | 'POST';
  readonly answer: (call: ModelCall, backend: ModelBackend) => Promise<void> | void;
}

const routes: Readonly<Record<string, WireRoute>> = {
  '/': { method: 'GET', answer: (call, backend) => sendText(call, 200, backend.banner) },
  '/healthz': { method: 'GET', answer: (call) => sendText(call, 200, 'ok') },
  '/api/version': { method: 'GET', answer: ollamaVersion },
  '/api/tags': { method: 'GET', answer: ollamaTags },
  '/api/ps': { method: 'GET', answer: ollamaPs },
  '/api/show': { method: 'POST', answer: ollamaShow },
  '/api/pull': { method: 'POST', answer: ollamaPull },
  '/api/generate': { method: 'POST', answer: ollamaGenerate },
  '/api/chat': { method: 'POST', answer: ollamaChat },
  '/api/embed': { method: 'POST', answer: refuseEmbed },
  '/api/embeddings': { method: 'POST', answer: refuseEmbed },
  '/v1/models': { method: 'GET', answer: openAiModels },
  '/v1/chat/completions': { method: 'POST', answer: openAiChat },
  '/v1/completions': { method: 'POST', answer: openAiCompletion },
  '/v1/responses': { method: 'POST', answer: openAiResponses },
  '/v1/messages': { method: 'POST', answer: anthropicMessages },
  '/v1/embeddings': { method: 'POST', answer: refuseEmbed },
};

const oneModel = '/v1/models/';

/** What answers a path; undefined when nothing does. */
export function findRoute(path: string): WireRoute | undefined {
  if (Object.hasOwn(routes, path)) return routes[path];
  const model = path.slice(oneModel.length);
  if (!path.startsWith(oneModel) || model === '') return undefined;
  return { method: 'GET', answer: (call, backend) => openAiModel(call, backend, model) };
}

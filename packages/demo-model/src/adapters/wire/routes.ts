import type { ModelBackend } from '../../ports/model-backend.ts';
import { type ModelCall, sendText } from './model-call.ts';
import { ollamaChat } from './ollama-chat.ts';
import { ollamaGenerate } from './ollama-generate.ts';
import { ollamaPs, ollamaShow, ollamaTags, ollamaVersion } from './ollama-models.ts';
import { ollamaPull } from './ollama-pull.ts';

/** One path of the wire. */
export interface WireRoute {
  readonly method: 'GET' | 'POST';
  readonly answer: (call: ModelCall, backend: ModelBackend) => Promise<void> | void;
}

/** Every path a model service of ours answers. GET answers HEAD too. */
export const wireRoutes: Readonly<Record<string, WireRoute>> = {
  '/': { method: 'GET', answer: (call, backend) => sendText(call, 200, backend.banner) },
  '/healthz': { method: 'GET', answer: (call) => sendText(call, 200, 'ok') },
  '/api/version': { method: 'GET', answer: ollamaVersion },
  '/api/tags': { method: 'GET', answer: ollamaTags },
  '/api/ps': { method: 'GET', answer: ollamaPs },
  '/api/show': { method: 'POST', answer: ollamaShow },
  '/api/pull': { method: 'POST', answer: ollamaPull },
  '/api/generate': { method: 'POST', answer: ollamaGenerate },
  '/api/chat': { method: 'POST', answer: ollamaChat },
};

export { answerModelCall } from './answer-call.ts';
export { type ModelCall, sendJson } from './model-call.ts';
export { type ModelServer, startModelServer } from './model-server.ts';
export { ModelError, modelNotFound } from '../../domain/model-error.ts';
export type {
  AnswerPiece,
  LoadedModel,
  ModelBackend,
  ModelCard,
  ModelQuestion,
} from '../../ports/model-backend.ts';

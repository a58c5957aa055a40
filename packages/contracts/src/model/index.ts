export * from '../common/model-names.ts';
export * from './ollama-answers.ts';
export * from './ollama-requests.ts';
export * from './ollama.ts';
export * from './openai.ts';
export * from './pull-progress.ts';
export * from './routes.ts';

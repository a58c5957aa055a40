export * from './ollama.ts';
export * from './ollama-requests.ts';

export * from './complete-words.ts';
export * from './model.ts';

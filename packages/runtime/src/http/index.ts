export * from './bind-route.ts';
export * from './health.ts';
export { checkJsonBounds } from './json-bounds.ts';
export { type FormPart, readForm } from './multipart.ts';
export * from './openapi.ts';
export * from './problem-error.ts';
export * from './server.ts';
export { type StreamedBody } from './streamed-body.ts';
export * from './validation.ts';

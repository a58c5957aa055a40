export * from './call-input.ts';
export * from './follow-events.ts';
export * from './gateway-client.ts';
export * from './gateway-error.ts';
export * from './poll-task.ts';
export type { OtherTaskEvent, StreamedTaskEvent } from './task-events.ts';
export type { UploadFile } from '@cynodeai/runtime/call';

export * from './call-error.ts';
export { type AnyCallInput, type CallInput, type RawContent, pathOf } from './call-input.ts';
export { type TimeLimit } from './call-limit.ts';
export * from './call-route.ts';
export { type RawEvent, readEvents } from './event-stream.ts';
export { type UploadFile } from './form-body.ts';
export { HttpClient, type HttpClientOptions } from './http-client.ts';
export * from './lenient-schema.ts';
export { type ServerTrust, exactTrust } from './server-trust.ts';

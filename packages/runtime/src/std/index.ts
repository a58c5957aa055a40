export * from './assert-never.ts';
export * from './backoff.ts';
export * from './clock.ts';
export * from './coded-error.ts';
export * from './duration.ts';
export * from './ulid.ts';
export * from './utf8.ts';
export * from './uuid.ts';

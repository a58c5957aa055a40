export { type LocalFolder } from './local-folder.ts';
export { bodyWithFolder } from './send-folder.ts';

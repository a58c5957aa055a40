import type { z } from 'zod';
import { listField } from './list-field.ts';

const hostName = /^(?:\*|[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,20})$/i;

/** Names of hosts, separated by commas; `*` stands for any. */
export const hostNamesField = (): z.ZodType<readonly string[], string> =>
  listField((text) => hostName.test(text), 'host names without port, or *');

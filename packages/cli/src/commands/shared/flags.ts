import type { Flags } from '@cynodeai/command-line/definition';

/** See docs/reference/cli.md#paging. */
export const pagingFlags = {
  limit: {
    type: 'integer',
    short: 'l',
    value: 'n',
    min: 1,
    max: 200,
    help: 'items per page (default 50)',
  },
  cursor: { type: 'string', value: 'opaque', help: 'continue after an earlier page' },
} as const satisfies Flags;

/** Of what is asked about before it is done. */
export const confirmFlags = {
  yes: { type: 'boolean', short: 'y', help: 'do not ask' },
} as const satisfies Flags;

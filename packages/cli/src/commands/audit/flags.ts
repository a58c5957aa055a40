import type { Args, Flags } from '@cynodeai/command-line/definition';
import { pagingFlags } from '../shared/flags.ts';

export const auditListFlags = {
  resourceType: { type: 'string', value: 'type', help: 'only events about this kind of thing' },
  actorId: { type: 'string', value: 'uuid', help: 'only what this user or agent did' },
  since: {
    type: 'string',
    value: 'time',
    help: 'only events since then: 2h or 7d ago, 2026-11-30, 2026-11-30T08:00:00Z',
  },
  until: { type: 'string', value: 'time', help: 'only events before then' },
  ...pagingFlags,
} as const satisfies Flags;

export const eventArgs = { event: 'uuid of the event' } as const satisfies Args;

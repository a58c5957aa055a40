import type { CommandInput } from '@cynodeai/command-line/definition';
import { rangeOf } from '../shared/time-range.ts';
import type { listFlags } from './flags.ts';

export type ListFlags = CommandInput<Record<string, never>, typeof listFlags>['flags'];

/** What is asked of the gateway. @throws CliError `usage` */
export function listQuery(flags: ListFlags, now: Date) {
  const { status, name, search, owner, node, sort, limit, cursor } = flags;
  const { since, until } = rangeOf(flags, now);
  return {
    status,
    name,
    q: search,
    owner,
    node,
    since,
    until,
    sort,
    limit: limit ?? (flags.all ? 200 : 50),
    cursor: cursor === '' ? undefined : cursor,
  };
}

/** Whether fewer than all tasks are wanted. */
export function isNarrowed(flags: ListFlags): boolean {
  const { status, name, search, owner, node, since, until } = flags;
  return [status, name, search, owner, node, since, until].some((value) => value !== undefined);
}

import { parseDurationMs } from '@cynodeai/runtime/std';
import { CliError } from '../../base/cli-error.ts';

/** A day, or a moment with its zone; nothing looser, since parsers guess. */
const momentPattern =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Whether the calendar has that day: parsers take the 30th of February for a day of March. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const moment = new Date(day);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}

/** A moment, or how long ago it was; days without a time begin in UTC. */
function momentOf(flag: string, text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined;
  const ago = parseDurationMs(text, { days: true });
  const moment = ago === undefined ? new Date(text) : new Date(now.getTime() - ago);
  const isRight = ago !== undefined || (momentPattern.test(text) && isDay(text));
  if (isRight && !Number.isNaN(moment.getTime())) return moment;
  throw new CliError(
    'usage',
    `--${flag} ${JSON.stringify(text)} is no time; give how long ago, such as 2h or 7d, a day such as 2026-11-30, or 2026-11-30T08:00:00Z`,
  );
}

/** What `--since` and `--until` say, as the gateway takes it. @throws CliError `usage` */
export function rangeOf(
  flags: { readonly since?: string | undefined; readonly until?: string | undefined },
  now: Date,
): { readonly since: string | undefined; readonly until: string | undefined } {
  const [since, until] = [momentOf('since', flags.since, now), momentOf('until', flags.until, now)];
  if (since !== undefined && until !== undefined && since > until) {
    throw new CliError('usage', '--since is later than --until');
  }
  return { since: since?.toISOString(), until: until?.toISOString() };
}

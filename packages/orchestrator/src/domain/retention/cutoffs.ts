import type { Settings } from '../nodes/config-settings.ts';

/**
 * The settings that say for how many days things are kept; 0 is for ever.
 * See docs/reference/settings.md#retention.
 */
export const retentionKeys = {
  audit: 'retention.audit_days',
  events: 'retention.events_days',
  tasks: 'retention.tasks_days',
  folders: 'retention.folders_days',
} as const;

type Kept = keyof typeof retentionKeys;

const defaultDays: Readonly<Record<Kept, number>> = { audit: 90, events: 90, tasks: 0, folders: 1 };

/** A century. */
export const maxRetentionDays = 36_525;
const dayMs = 86_400_000;

function daysOf(value: unknown): number | undefined {
  const isDays =
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxRetentionDays;
  return isDays ? value : undefined;
}

/** What is older than that may go; undefined keeps it for ever. */
export type Cutoffs = Readonly<Record<Kept, Date | undefined>>;

/** The cutoffs as the settings have them; a value of a wrong type counts as unset. */
export function cutoffsAt(now: Date, stored: Settings): Cutoffs {
  const cutoff = (kept: Kept): Date | undefined => {
    const days = daysOf(stored.get(retentionKeys[kept])) ?? defaultDays[kept];
    return days === 0 ? undefined : new Date(now.getTime() - days * dayMs);
  };
  return {
    audit: cutoff('audit'),
    events: cutoff('events'),
    tasks: cutoff('tasks'),
    folders: cutoff('folders'),
  };
}

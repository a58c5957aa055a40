import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import { printPage } from '../shared/print-page.ts';
import { rangeOf } from '../shared/time-range.ts';
import type { auditListFlags } from './flags.ts';

const columns = [
  'event_id',
  'ts',
  'actor_id',
  'action',
  'resource_type',
  'resource_id',
  'decision',
] as const;

type Input = Pick<CommandInput<Record<string, never>, typeof auditListFlags>, 'flags'>;

/** `cynork audit list`: one page per call. See docs/reference/cli.md#audit-commands. */
export async function listAudit(
  { authenticated, notes, output }: Pick<CommandContext, 'authenticated' | 'notes' | 'output'>,
  { flags }: Input,
): Promise<void> {
  const range = rangeOf(flags, new Date());
  const client = await authenticated();
  const page = await client.read(gatewayRoutes.listAuditEvents, {
    query: {
      resource_type: flags.resourceType,
      actor_id: flags.actorId,
      ...range,
      limit: flags.limit ?? 50,
      cursor: flags.cursor || undefined,
    },
  });
  const { events } = holding(page, 'events');
  await printPage(
    {
      name: 'events',
      columns,
      items: events,
      rows: events.map((event) => ({ ...event })),
      next: page.next_cursor,
    },
    { notes, output },
  );
}

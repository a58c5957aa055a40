import type { GatewayAction } from '@cynodeai/contracts/gateway';
import { describe, expect, it } from 'vitest';
import type { UserAgent } from '../../domain/identity/actor.ts';
import type { GatewayAuditRow } from '../../ports/audit.ts';
import type { Caller, OutcomeKind } from './call.ts';
import { record } from './record.ts';

const codes: Readonly<Record<OutcomeKind, number>> = {
  created: 1,
  changed: 2,
  unchanged: 3,
  removed: 4,
  replayed: 5,
};
const agent: UserAgent = {
  kind: 'agent',
  agentType: 'project_manager',
  taskId: 't',
  jobId: 'j',
  runId: 'r',
  userId: 'u',
  handle: 'ada',
  createdAt: new Date(0),
  groupIds: ['g'],
  roles: [{ role: 'viewer' }, { role: 'owner', projectId: 'p' }],
};

async function rowsOf(action: GatewayAction, outcome: OutcomeKind): Promise<GatewayAuditRow[]> {
  const rows: GatewayAuditRow[] = [];
  const caller: Caller = {
    actor: agent,
    call: {
      requestId: 'q',
      ip: '::1',
      userAgent: undefined,
      entry: { operation: 'things.do', action, resource: 'thing' },
      elapsedMs: () => 7,
      codeOf: (kind) => codes[kind],
    },
  };
  const done = { outcome, resourceId: 'x', projectId: 'p', details: { job_ids: [] } };
  await record({ append: async (more) => void rows.push(...more) }, caller, done, new Date(0));
  return rows;
}

describe('the audit row of a change', () => {
  it('tells the outcome as its door does and names the user an agent acts for', async () => {
    expect(await rowsOf('task.cancel', 'unchanged')).toEqual([
      {
        at: new Date(0),
        requestId: 'q',
        userId: 'u',
        groupIds: ['g'],
        roleNames: ['owner', 'viewer'],
        projectId: 'p',
        action: 'task.cancel',
        resourceType: 'thing',
        resourceId: 'x',
        decision: 'allow',
        statusCode: 3,
        ip: '::1',
        durationMs: 7,
        details: { job_ids: [] },
      },
    ]);
  });

  it('names the operation of an administrative action', async () => {
    const [row] = await rowsOf('user.manage', 'changed');
    expect(row?.details).toEqual({ operation: 'things.do', job_ids: [] });
  });
});

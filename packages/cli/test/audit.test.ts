import { parseJson } from '@cynodeai/runtime/std';
import { type FakeGateway, alice, json } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, runInProcess } from './support/run-in-process.ts';

const event = {
  event_id: '0198c0de-0000-7000-8000-0000000000e0',
  ts: '2026-11-20T10:00:00.000Z',
  log: 'mcp_tool_call',
  actor_id: '0198c0de-0000-7000-8000-0000000000b0',
  action: 'mcp.tool.invoke',
  resource_type: 'mcp.tool',
  resource_id: 'db.task.get',
  decision: 'deny',
};
const ofNobody = {
  ...event,
  event_id: '0198c0de-0000-7000-8000-0000000000e1',
  actor_id: undefined,
};

let gateway: FakeGateway;
let home: Home;
eachTest((place) => {
  ({ gateway, home } = place);
  gateway
    .on('GET /v1/audit', json(200, { events: [event, ofNobody], next_cursor: 'more' }))
    .on(`GET /v1/audit/${event.event_id}`, json(200, { ...event, reason: 'context_mismatch' }));
});

const run = (...args: string[]): Promise<Ran> =>
  runInProcess(home, ['audit', ...args], { env: { CYNORK_TOKEN: alice.token } });

describe('audit', () => {
  it('lists events with what is documented, and says where it goes on', async () => {
    const ran = await run('list');
    expect([ran.code, ran.stderr]).toEqual([0, 'next_cursor=more\n']);
    const [header, first, second] = ran.stdout.split('\n').map((line) => line.split('\t'));
    expect(header).toEqual([
      'event_id',
      'ts',
      'actor_id',
      'action',
      'resource_type',
      'resource_id',
      'decision',
    ]);
    expect(first).toEqual(header?.map((column) => Reflect.get(event, column)));
    expect(second?.[2]).toBe('');
    const asJson = await run('list', '-o', 'json');
    expect(parseJson(asJson.stdout)).toMatchObject({ events: [event, {}], next_cursor: 'more' });
  });

  it('asks for what the flags say', async () => {
    const narrowed = ['--resource-type', 'mcp.tool', '--actor-id', event.actor_id, '-l', '7'];
    const when = ['--since', '2026-11-20', '--until', '2026-11-21T00:00:00Z'];
    await run('list', ...narrowed, ...when, '--cursor', 'c');
    const asked = new URL(gateway.requests.at(-1)?.url ?? '', 'http://gateway').searchParams;
    expect(Object.fromEntries(asked)).toEqual({
      resource_type: 'mcp.tool',
      actor_id: event.actor_id,
      limit: '7',
      since: '2026-11-20T00:00:00.000Z',
      until: '2026-11-21T00:00:00.000Z',
      cursor: 'c',
    });
  });

  it.each([
    ['--since', 'yesterday'],
    ['--since', '2026-11-21', '--until', '2026-11-20'],
  ])('sends nothing for %s %s %s', async (...args) => {
    expect((await run('list', ...args)).code).toBe(2);
    expect(gateway.requests).toHaveLength(0);
  });

  it('shows one', async () => {
    expect((await run('get', event.event_id)).stdout).toContain('reason=context_mismatch');
    expect((await run('get')).code).toBe(2);
  });
});

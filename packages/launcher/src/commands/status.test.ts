import { describe, expect, it } from 'vitest';
import type { Disk } from '../machine/disks.ts';
import type { StackStatus } from '../stack/status.ts';
import { isWell, statusDocument, statusText } from './status.ts';

const status: StackStatus = {
  state: 'running',
  supervisorPid: 10,
  startedAt: '2026-11-20T10:00:00.000Z',
  outdated: true,
  roles: [
    {
      name: 'node',
      phase: 'running',
      process: { pid: 11, startTicks: 6 },
      since: '2026-11-20T10:00:01.000Z',
      restarts: 2,
      failuresInARow: 1,
      lastEnd: 'exited with 1',
      alive: true,
    },
  ],
  servers: [
    { name: 'user-gateway', url: 'http://127.0.0.1:8080', readiness: { state: 'ready' } },
    {
      name: 'control-plane',
      url: 'http://127.0.0.1:12082',
      readiness: {
        state: 'not_ready',
        reasons: [{ code: 'no_model', message: 'no model', action: 'get one' }],
      },
    },
    {
      name: 'worker-api',
      url: 'http://127.0.0.1:12090',
      readiness: { state: 'unreachable', why: 'connect ECONNREFUSED' },
    },
  ],
};

describe('the status', () => {
  it('tells people every role, address and reason', () => {
    const text = statusText(status, undefined);
    for (const part of [
      'running since 2026-11-20T10:00:00.000Z (supervisor 10)',
      'another version',
      'pid 11, 2 restarts (exited with 1)',
      'http://127.0.0.1:8080  ready',
      'no_model: no model',
      'get one',
      'not reachable: connect ECONNREFUSED',
      '--gateway http://127.0.0.1:8080 --context ',
    ]) {
      expect(text).toContain(part);
    }
    const stopped = { ...status, servers: [] };
    expect(statusText(stopped, undefined)).not.toContain('from another machine');
  });

  it('tells who was refused when they registered as a node, and who sends in the clear', () => {
    const refused = { at: '2026-11-20T10:00:00.000Z', address: '10.0.0.7' };
    const node = { id: 'i', slug: 'node-a', status: 'active', isPlain: true, refused };
    const quiet = { ...node, slug: 'node-b', isPlain: false, refused: undefined };
    const nodes = { nodes: [node, quiet] };
    const lines = statusText(status, undefined, [], nodes).split('\n');
    expect(lines.filter((line) => line.includes('node-'))).toEqual([
      '  node          node-a is active, over plain http',
      '    an attempt to register as node-a was refused at 2026-11-20T10:00:00.000Z from 10.0.0.7',
      '  node          node-b is active',
    ]);
    expect(statusDocument(status, '/state', [], nodes)).toMatchObject({
      nodes: [{ node_slug: 'node-a', refused_registration: refused }, { node_slug: 'node-b' }],
    });
    expect(statusText(status, undefined, [], { unknown: 'why' })).toContain('not known: why');
  });

  it('is well only when every role lives and every server answers, ready or not', () => {
    const servers = status.servers.slice(0, 2);
    const well = { ...status, servers };
    expect(isWell(well)).toBe(true);
    expect(isWell(status)).toBe(false);
    expect(isWell({ ...well, state: 'unsupervised' })).toBe(false);
    expect(
      isWell({ ...well, roles: status.roles.map((role) => ({ ...role, alive: false })) }),
    ).toBe(false);
  });

  it('is not well where new tasks are refused or no node may take them', () => {
    const well = { ...status, servers: status.servers.slice(0, 2) };
    const disk = (state: Disk['state']): Disk => ({
      directory: '/a',
      device: 1,
      usedShare: 0.9,
      freeBytes: 1,
      state,
    });
    const node = { id: 'i', slug: 'a', isPlain: false, refused: undefined };
    const nodes = (...all: readonly string[]) => ({
      nodes: all.map((state) => ({ ...node, status: state })),
    });
    expect(isWell(well, [disk('ok'), disk('tight')], nodes('drained', 'active'))).toBe(true);
    expect(isWell(well, [disk('full')])).toBe(false);
    expect(isWell(well, [], nodes('drained', 'inactive'))).toBe(false);
    expect(isWell(well, [], nodes())).toBe(false);
    expect(isWell(well, [], { unknown: 'why' })).toBe(false);
  });

  it('names a database of one’s own and the way back from it', () => {
    const named = { ...status, database: 'ada@db:5432/tasks' };
    expect(statusText(named, undefined)).toContain(
      "  database      ada@db:5432/tasks; back to the install's own PostgreSQL: cynode up --database embedded\n",
    );
    expect(statusDocument(named, '/state')).toMatchObject({
      database: { kind: 'named', address: 'ada@db:5432/tasks' },
    });
  });

  it('tells programs the same', () => {
    expect(statusDocument(status, '/state')).toEqual({
      state: 'running',
      supervisor_pid: 10,
      started_at: '2026-11-20T10:00:00.000Z',
      outdated: true,
      home: '/state',
      roles: [
        {
          name: 'node',
          phase: 'running',
          alive: true,
          pid: 11,
          since: '2026-11-20T10:00:01.000Z',
          restarts: 2,
          last_end: 'exited with 1',
        },
      ],
      servers: [
        { name: 'user-gateway', url: 'http://127.0.0.1:8080', ready: true, reasons: [] },
        {
          name: 'control-plane',
          url: 'http://127.0.0.1:12082',
          ready: false,
          reasons: [{ code: 'no_model', message: 'no model', action: 'get one' }],
        },
        {
          name: 'worker-api',
          url: 'http://127.0.0.1:12090',
          ready: false,
          error: 'connect ECONNREFUSED',
          reasons: [],
        },
      ],
      database: { kind: 'embedded' },
      disks: [],
    });
  });

  it('warns of a disk that fills up, and tells programs of every disk', () => {
    const disk = (directory: string, usedShare: number, state: Disk['state']): Disk => ({
      directory,
      device: 1,
      usedShare,
      freeBytes: 1024 ** 3,
      state,
    });
    const disks = [disk('/a', 0.5, 'ok'), disk('/b', 0.805, 'tight'), disk('/c', 0.96, 'full')];
    const warnings = statusText(status, undefined, disks)
      .split('\n')
      .filter((line) => line.startsWith('warning'));
    expect(warnings).toEqual([
      expect.stringContaining('80 % used, 1.0 GiB free at /b; at 95 % new tasks are refused'),
      expect.stringContaining('96 % used, 1.0 GiB free at /c; new tasks are refused'),
    ]);
    expect(statusDocument(status, '/state', disks)).toMatchObject({
      disks: [
        { directory: '/a', state: 'ok', used_percent: 50, free_bytes: 1024 ** 3 },
        { directory: '/b', state: 'tight', used_percent: 80 },
        { directory: '/c', state: 'full', used_percent: 96 },
      ],
    });
  });

  it('says how to start what is stopped', () => {
    const stopped: StackStatus = { state: 'stopped', outdated: false, roles: [], servers: [] };
    expect(statusText(stopped, undefined)).toContain('cynode up');
  });
});

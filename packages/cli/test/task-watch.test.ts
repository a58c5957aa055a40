import { parseJson } from '@cynodeai/runtime/std';
import {
  type FakeGateway,
  alice,
  events,
  inTurn,
  json,
  logEvent,
  problem,
  result,
  statusEvent,
  task,
  taskId,
  type Answer,
} from '@cynodeai/testing/doubles';
import { Child, type Outcome } from '@cynodeai/testing/harness';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Home, executable } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { startInTerminal } from './support/pseudo-terminal.ts';

const env = { CYNORK_TOKEN: alice.token };
const resultPath = `GET /v1/tasks/${taskId}/result`;
const eventsPath = `GET /v1/tasks/${taskId}/events`;
let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const watch = (...args: string[]): Promise<Outcome> =>
  home.run(['task', 'watch', taskId, ...args], { env });

const record = (status: string): string => `task_id=${taskId} status=${status} task_name=say-hello`;
const ended = json(200, result('failed', { stdout: 'out\n', stderr: '', exit_code: 3 }));

/** What a gateway without event streams says. */
const noStream = problem(404, 'not_found', 'no such path');

/** Writes events and keeps the stream open until the client goes away. */
function open(...list: readonly (readonly [string, string, unknown])[]): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const [id, event, data] of list) {
      response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  };
}

describe('task watch with an event stream', () => {
  const workflow = [
    [
      '2',
      'workflow.plan',
      {
        task_id: taskId,
        steps: [
          { step_index: 0, step_id: 'a', title: 'Look around', kind: 'sandbox' },
          { step_index: 1, step_id: 'b', title: 'Do it', kind: 'sandbox' },
        ],
        planner_degraded: false,
        at: '2026-11-20T10:00:00.000Z',
      },
    ],
    [
      '3',
      'workflow.step',
      {
        task_id: taskId,
        step_index: 0,
        attempt: 1,
        job_id: '0198c0de-0000-7000-8000-0000000000aa',
        status: 'running',
        at: '2026-11-20T10:00:01.000Z',
      },
    ],
    [
      '4',
      'workflow.verification',
      {
        task_id: taskId,
        step_index: 0,
        attempt: 1,
        status: 'fail',
        findings: ['no file', 'x'],
        at: '2026-11-20T10:00:02.000Z',
      },
    ],
    ['5', 'news.of.tomorrow', { any: ['thing'] }],
  ] as const;

  it('shows a change as it comes, the workflow too, and ends with the task: exit 0', async () => {
    gateway
      .on(resultPath, inTurn(json(200, result('queued')), json(200, result('running')), ended))
      .on(
        eventsPath,
        events(['1', 'task.status', statusEvent('running')], ...workflow, [
          '6',
          'task.status',
          statusEvent('failed'),
        ]),
      );
    const { code, stdout, stderr } = await watch();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const all = stdout.trimEnd().split('\n');
    expect(all.slice(0, 2)).toEqual([record('queued'), record('running')]);
    expect(all).toContain('step=0 title="Look around" kind=sandbox status=pending');
    expect(all.slice(-4)).toEqual([
      `${record('failed')} stdout="out\\n" stderr=""`,
      'step=0 title="Look around" kind=sandbox status=running attempts=1 verification=fail',
      'step=1 title="Do it" kind=sandbox status=pending',
      'verification=fail step=0 attempt=1 findings="no file; x"',
    ]);
    expect(stdout).not.toContain('\u001B');
  });

  it('jsonl is one object an event, those of a later release too, the terminal status last', async () => {
    gateway.on(
      eventsPath,
      inTurn(
        events(['1', 'task.status', statusEvent('running')], ...workflow),
        events(
          ['5', 'news.of.tomorrow', { any: ['thing'] }],
          ['6', 'job.log', logEvent('stdout', 'a')],
          ['7', 'task.status', statusEvent('completed')],
          ['8', 'job.log', logEvent('stdout', 'too late')],
        ),
      ),
    );
    const { code, stdout } = await watch('-o', 'jsonl');
    const all = stdout
      .trimEnd()
      .split('\n')
      .map((line) => parseJson(line) as Record<string, unknown>);
    expect(code).toBe(0);
    expect(all.map(({ event, id }) => [id, event])).toEqual([
      ['1', 'task.status'],
      ['2', 'workflow.plan'],
      ['3', 'workflow.step'],
      ['4', 'workflow.verification'],
      ['5', 'news.of.tomorrow'],
      ['6', 'job.log'],
      ['7', 'task.status'],
    ]);
    expect(all.at(-1)).toEqual({ event: 'task.status', id: '7', ...statusEvent('completed') });
    expect(gateway.requests.map(({ url, headers }) => [url, headers['last-event-id']])).toEqual([
      [`/v1/tasks/${taskId}/events`, undefined],
      [`/v1/tasks/${taskId}/events`, '5'],
    ]);
  });

  it.each([
    [0, []],
    [75, ['--exit-status']],
  ])(
    'the first line of jsonl is there before the task ends, and SIGINT is exit %i',
    async (end, flags) => {
      gateway.on(eventsPath, open(['1', 'task.status', statusEvent('running')]));
      const running = home.start(['task', 'watch', taskId, '-o', 'jsonl', ...flags], { env });
      await running.printed('"running"');
      running.kill('SIGINT');
      const { code, stdout } = await running.outcome;
      expect(code).toBe(end);
      expect(stdout.split('\n')).toHaveLength(2);
    },
  );

  it('a stream without news about a task that has ended gives way to the result', async () => {
    gateway
      .on(eventsPath, events())
      .on(`GET /v1/tasks/${taskId}`, json(200, task('failed')))
      .on(resultPath, ended);
    const { code, stdout } = await watch('-o', 'jsonl');
    expect(code).toBe(0);
    expect(parseJson(stdout)).toMatchObject({ event: 'task.status', id: '', status: 'failed' });
  });
});

describe('task watch without an event stream', () => {
  beforeEach(() => {
    gateway.on(eventsPath, noStream);
  });

  it('draws at each poll, as far apart as the interval says, and survives a 503', async () => {
    gateway.on(
      resultPath,
      inTurn(
        json(200, result('queued')),
        json(200, result('running')),
        json(200, result('running')),
        problem(503, 'unavailable', 'not now', { 'retry-after': '0' }),
        ended,
      ),
    );
    const { code, stdout } = await watch('-n', '1s');
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(' ')[1])).toEqual([
      'status=queued',
      'status=running',
      'status=running',
      'status=failed',
      undefined,
    ]);
    const asked = gateway.of(resultPath);
    expect(asked.slice(1).every(({ url }) => url.endsWith('?wait=30'))).toBe(true);
    expect((asked[2]?.at ?? 0) - (asked[1]?.at ?? 0)).toBeGreaterThanOrEqual(990);
    expect((asked[2]?.at ?? 0) - (asked[1]?.at ?? 0)).toBeLessThan(1900);
  });

  it('jsonl is one object a change', async () => {
    gateway.on(
      resultPath,
      inTurn(json(200, result('running')), json(200, result('running')), ended),
    );
    const { stdout } = await watch('-n', '1s', '-o', 'jsonl');
    const all = stdout.trimEnd().split('\n');
    expect(all.map((line) => parseJson(line))).toEqual(
      ['running', 'failed'].map((status) => ({
        event: 'task.status',
        id: '',
        task_id: taskId,
        status,
        at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      })),
    );
  });

  it('JSON is one value, printed at the end; a task that has ended is asked for once', async () => {
    gateway.on(
      resultPath,
      inTurn(json(200, result('running')), json(200, result('running')), ended),
    );
    const { code, stdout } = await watch('-n', '1s', '-o', 'json');
    expect(code).toBe(0);
    expect(parseJson(stdout)).toMatchObject({ status: 'failed', stdout: 'out\n', exit_code: 3 });
    gateway.requests.length = 0;
    expect((await watch('-o', 'json')).stdout).toBe(stdout);
    expect(gateway.requests).toHaveLength(1);
  });

  it.each([
    [0, []],
    [75, ['--exit-status']],
  ])('SIGINT in JSON mode prints what is known as one value, exit %i', async (end, flags) => {
    const { id } = gateway.addTask().start();
    const path = `GET /v1/tasks/${id}`;
    gateway.on(`${path}/events`, noStream);
    const running = home.start(['task', 'watch', id, '-o', 'json', '-n', '60s', ...flags], { env });
    await gatewayAsked(`${path}/result`, 2);
    running.kill('SIGINT');
    const { code, stdout } = await running.outcome;
    expect(code).toBe(end);
    expect(parseJson(stdout)).toMatchObject({ task_id: id, status: 'running' });
  });

  it('SIGTERM is no way to end it well', async () => {
    const { id } = gateway.addTask().start();
    const running = home.start(['task', 'watch', id, '-n', '60s'], { env });
    await running.printed('running');
    running.kill('SIGTERM');
    expect((await running.outcome).code).toBe(143);
  });

  it('an unknown task is exit 4, a missing session exit 3', async () => {
    expect(await watch()).toMatchObject({ code: 4, stdout: '' });
    expect(await watch('-o', 'jsonl')).toMatchObject({ code: 4, stdout: '' });
    expect((await home.run(['task', 'watch', taskId])).code).toBe(3);
  });

  it.each(['999ms', '0s', '2', 'soon', '', '-1s'])(
    'the interval %j is exit 2 before the session is looked for',
    async (text) => {
      const outcome = await home.run(['task', 'watch', taskId, `--interval=${text}`]);
      expect(outcome).toMatchObject({ code: 2, stdout: '' });
      expect(gateway.requests).toHaveLength(0);
    },
  );

  it.each(['1s', '1500ms', '1m30s'])('the interval %s is taken', async (text) => {
    gateway.on(resultPath, ended);
    expect((await watch('-n', text)).code).toBe(0);
  });
});

describe('task watch in a terminal', () => {
  it('clears the screen before each drawing, unless told not to', async () => {
    const watchUntilEnd = async (...flags: string[]): Promise<Outcome> => {
      const task = gateway.addTask().start();
      const running = startInTerminal(home, ['task', 'watch', task.id, ...flags], env);
      await running.printed('status=running');
      task.end({ exit_code: 3 });
      return running.outcome;
    };
    const cleared = await watchUntilEnd();
    expect(cleared.stdout.split('\u001B[2J\u001B[H')).toHaveLength(3);
    expect(cleared.stdout).toContain('exit=0 echo=on');
    const kept = await watchUntilEnd('--no-clear');
    expect(kept.stdout).not.toContain('\u001B');
    expect(kept.stdout).toContain('exit=0');
  });

  it('Ctrl+C ends it with 0; neither cursor nor screen nor echo is left changed', async () => {
    const { id } = gateway.addTask().start();
    const running = startInTerminal(home, ['task', 'watch', id], env);
    await running.printed('status=running');
    running.write('\u0003');
    const { stdout } = await running.outcome;
    expect(stdout).toContain('exit=0 echo=on');
    expect(stdout.replaceAll('\u001B[2J\u001B[H', '')).not.toContain('\u001B');
  });
});

async function gatewayAsked(route: string, times: number): Promise<void> {
  await expect
    .poll(() => gateway.of(route).length, { timeout: 10_000 })
    .toBeGreaterThanOrEqual(times);
}

describe('a reader that goes away', () => {
  it.each([
    ['task', 'watch', taskId, '-o', 'jsonl'],
    ['task', 'logs', taskId, '--follow'],
  ])('ends %s %s, which is no failure', async (...args) => {
    gateway.on(eventsPath, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let id = 0;
      const more = setInterval(() => {
        id += 1;
        const data = JSON.stringify(logEvent('stdout', `line ${id}\n`));
        response.write(`id: ${id}\nevent: job.log\ndata: ${data}\n\n`);
      }, 50);
      response.on('close', () => clearInterval(more));
    });
    const script = '{ "$0" "$@"; echo "ended with $?" >&2; } | head -n 1';
    const shell = new Child('/bin/sh', ['-c', script, executable, ...args], { env: home.env(env) });
    const { stdout, stderr } = await shell.outcome;
    expect(stdout).toContain('line 1');
    expect(stderr).toBe('ended with 0\n');
  });
});

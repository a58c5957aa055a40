import { Child, waitFor } from '@cynodeai/testing/harness';
import { Then, When } from '@cucumber/cucumber';
import { at, parseJson } from '@cynodeai/runtime/std';
import assert from 'node:assert/strict';
import { killRole } from '../support/kill-role.ts';
import type { ProductWorld } from '../support/product-world.ts';
import type { StackWorld } from '../support/stack-world.ts';

/** Eight lines a second apart, each with the mark of its run. */
const script = [
  'read -r mark </proc/sys/kernel/random/uuid',
  'for n in 1 2 3 4 5 6 7 8; do echo "line $n of $mark"; sleep 1; done; exit 5',
].join('; ');

const taskName = 'eight-lines';

/** What each of those who watched has seen. */
const seen = new WeakMap<StackWorld, Readonly<Record<string, string>>>();

/** The text of a task's events as a plain reader has it, who goes on behind the last event that it got. */
async function readEvents(stack: StackWorld, token: string, progress: { text: string }) {
  const url = `${stack.gateway}/v1/tasks/${taskName}/events`;
  let last: string | undefined;
  const take = (frame: string): boolean => {
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    if (data === undefined) return false;
    last = /^id: (.*)$/m.exec(frame)?.[1] ?? last;
    const event = parseJson(data);
    const text = at(event, 'text');
    if (typeof text === 'string') progress.text += text;
    return frame.includes('event: task.status') && at(event, 'status') === 'failed';
  };
  const once = async (): Promise<boolean> => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(last !== undefined && { 'last-event-id': last }),
    };
    const answer = await fetch(url, { headers });
    let rest = '';
    for await (const chunk of answer.body ?? []) {
      rest += Buffer.from(chunk).toString();
      const frames = rest.split('\n\n');
      rest = frames.pop() ?? '';
      if (frames.some(take)) return true;
    }
    return false;
  };
  await waitFor(() => once().catch(() => false), { what: 'the task has ended', within: 120_000 });
}

When(
  'the gateway dies behind the third of eight lines of a job, and the node behind the fifth',
  { timeout: 180_000 },
  async function (this: ProductWorld) {
    const { stack } = this;
    const token = await stack.login();
    stack.extraEnv['CYNORK_TOKEN'] = token;
    const run: Child = stack.spawn('cynode', ['run', '--name', taskName, '--command', script]);
    await run.printed('line 1 ');
    assert.ok(!run.stdout.includes('line 8 '), 'lines come as they are written');
    const follow = stack.spawn('cynork', [
      '--config',
      stack.config,
      'task',
      'logs',
      '-F',
      taskName,
    ]);
    const events = { text: '' };
    const reading = readEvents(stack, token, events);
    await run.printed('line 3 ');
    await killRole(stack, 'user-gateway');
    await run.printed('line 5 ');
    await killRole(stack, 'node');
    await stack.ended(run);
    await reading;
    await follow.ended;
    seen.set(stack, {
      run: run.stdout,
      'a second terminal': follow.stdout,
      events: events.text,
    });
  },
);

Then(
  'run, a second terminal and a plain reader of events have all eight lines of one run, once each',
  function (this: ProductWorld) {
    const all = seen.get(this.stack) ?? {};
    const mark = /line 1 of (\S+)/.exec(all['run'] ?? '')?.[1] ?? '';
    assert.notEqual(mark, '');
    const lines = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `line ${n} of ${mark}\n`).join('');
    for (const [who, text] of Object.entries(all)) assert.equal(text, lines, who);
    assert.equal(this.stack.last.code, 5, this.stack.last.stderr);
  },
);

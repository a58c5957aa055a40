import { beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver } from './driver.ts';
import type { StreamedEvent } from './event-stream.ts';

const stories = {
  created: [
    ['task.status', 'queued'],
    ['job.status', 'queued'],
  ],
  started: [
    ['task.status', 'running'],
    ['job.status', 'running'],
  ],
  ended: [
    ['job.log', 'hi\n'],
    ['job.status', 'completed'],
    ['task.status', 'completed'],
  ],
  canceled: [
    ['job.status', 'canceled'],
    ['task.status', 'canceled'],
  ],
};

const told = ({ event, data }: StreamedEvent) => [event, data['status'] ?? data['text']];

/** The stream of a task. See docs/reference/tasks-and-jobs.md#events. */
export function testEvents(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  beforeAll(async () => {
    driver = drive();
    who = await driver.newCaller();
  });

  const ended = async (): Promise<string> => (await driver.ended(who, { stdout: 'hi\n' })).id;
  const all = async (id: string, lastEventId?: string): Promise<readonly StreamedEvent[]> =>
    (await driver.events(who, id, lastEventId)).rest();

  describe('the events', () => {
    it('come as they happen, in ascending numbers, and end with the task', async () => {
      const { id } = await driver.create(who, { input_mode: 'commands', prompt: 'run' });
      const stream = await driver.events(who, id);
      expect(stream.response.status).toBe(200);
      expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
      const first = await stream.nextEvent();
      expect(first && told(first)).toEqual(['task.status', 'queued']);
      await driver.gateway.startJob(id);
      await driver.gateway.endJob(id, { stdout: 'hi\n', stderr: '', exitCode: 0 });
      const events = [...(first ? [first] : []), ...(await stream.rest())];
      expect(events.map(told)).toEqual([...stories.created, ...stories.started, ...stories.ended]);
      const numbers = events.map((event) => Number(event.id));
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
      expect(events.every(({ data }) => data['task_id'] === id)).toBe(true);
    });

    it('of a task that has ended come all at once, by its name too', async () => {
      const id = await ended();
      const { body } = await driver.get(who, `/v1/tasks/${id}`);
      const events = await all(String(body['task_name']));
      expect(events).toHaveLength(7);
      expect(events).toEqual(await all(id));
    });

    it('resume after the last one seen, wherever that was', async () => {
      const id = await ended();
      const events = await all(id);
      for (const [index, { id: last }] of events.entries()) {
        expect(await all(id, last)).toEqual(events.slice(index + 1));
      }
    });

    it('resume while the task goes on', async () => {
      const { id } = await driver.create(who, { input_mode: 'commands', prompt: 'run' });
      const before = await driver.events(who, id);
      const seen = [await before.nextEvent(), await before.nextEvent()];
      before.close();
      const stream = await driver.events(who, id, seen[1]?.id);
      await driver.gateway.startJob(id);
      const [next] = [await stream.nextEvent()];
      expect(next && told(next)).toEqual(stories.started[0]);
      await driver.cancel(who, id);
      expect((await stream.rest()).map(told)).toEqual([stories.started[1], ...stories.canceled]);
    });

    it("begin again after an event that is none of the task's", async () => {
      const id = await ended();
      const other = await all((await driver.ended(who)).id);
      const events = await all(id);
      for (const unknown of ['999999999', 'x', '-1', '9'.repeat(20), other[0]?.id ?? '']) {
        expect(await all(id, unknown)).toEqual(events);
      }
    });

    it('tell of a cancel once, however often it is asked for', async () => {
      const { id } = await driver.create(who);
      for (let time = 1; time <= 2; time += 1) await driver.cancel(who, id);
      expect((await all(id)).map(told)).toEqual([...stories.created, ...stories.canceled]);
    });
  });
}

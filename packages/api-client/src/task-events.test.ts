import { readEvents } from '@cynodeai/runtime/call';
import { describe, expect, it } from 'vitest';
import { readTaskEvents } from './task-events.ts';

const taskId = '0198c0de-0000-7000-8000-000000000001';

async function read(text: string): Promise<unknown[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  const list: unknown[] = [];
  for await (const item of readTaskEvents(readEvents(chunks()))) list.push(item);
  return list;
}

describe('readTaskEvents', () => {
  it('gives known events typed, names of a later release as they are, and skips what is no object', async () => {
    const data = { task_id: taskId, status: 'running', at: '2026-11-20T10:00:00.000Z' };
    const others =
      'id: 2\nevent: workflow.later\ndata: {"steps":[]}\n\nevent: x\ndata: [1]\n\nevent: y\ndata: {\n\n';
    const text = `${others}id: 4\nevent: task.status\ndata: ${JSON.stringify(data)}\n\n`;
    expect(await read(text)).toEqual([
      { id: '2', event: 'other', name: 'workflow.later', data: { steps: [] } },
      { id: '4', event: 'task.status', data },
    ]);
  });

  it.each([
    ['no JSON', 'data: {', 'is not JSON'],
    ['another shape', 'data: {"task_id":5}', 'not of the documented shape: task_id'],
  ])('refuses a known event with %s', async (_title, line, why) => {
    await expect(read(`event: task.status\n${line}\n\n`)).rejects.toThrow(why);
  });
});

import {
  type CreateTaskRequest,
  type Task,
  type TaskArtifact,
  taskArtifactListSchema,
  taskSchema,
} from '@cynodeai/contracts/gateway';
import { uuidv7 } from '@cynodeai/runtime/std';
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

const binary = randomBytes(70_000);
const files = [
  { name: 'b.bin', content_type: 'application/octet-stream', bytes: binary },
  { name: 'a b.md', content_type: 'text/markdown', bytes: Buffer.from('# ä') },
];

function formOf(request: CreateTaskRequest): FormData {
  const form = new FormData();
  form.append('task', new Blob([JSON.stringify(request)], { type: 'application/json' }));
  for (const { name, content_type: type, bytes } of files) {
    form.append('attachments', new Blob([bytes], { type }), name);
  }
  return form;
}

/** Files that come with a task, and go out again. See docs/reference/tasks-and-jobs.md#attachments. */
export function testFiles(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  beforeAll(async () => {
    driver = drive();
    who = await driver.newCaller();
  });

  async function sendForm(form: FormData) {
    // The encoding is fetch's own, so that what is read here was not written by the same hand.
    const request = new Request('http://unused.invalid', { method: 'POST', body: form });
    return driver.call('POST', '/v1/tasks', {
      token: who.token,
      raw: await request.bytes(),
      headers: { 'content-type': request.headers.get('content-type') ?? '' },
    });
  }

  const inline = (): Promise<Task> =>
    driver.create(who, {
      prompt: 'x',
      attachments: files.map(({ bytes, ...file }) => ({
        ...file,
        content_base64: bytes.toString('base64'),
      })),
    });

  async function listed(task: Task, query = '') {
    const { body } = await driver.get(who, `/v1/tasks/${task.id}/artifacts${query}`);
    return taskArtifactListSchema.parse(body);
  }

  async function expectFile(task: Task, artifact: TaskArtifact): Promise<void> {
    const path = `/v1/tasks/${task.id}/artifacts/${artifact.artifact_id}`;
    const response = await fetch(`${driver.gateway.url}${path}`, {
      headers: { authorization: `Bearer ${who.token}` },
    });
    const sent = files.find(({ name }) => name === artifact.name);
    expect(Buffer.from(await response.arrayBuffer()).equals(sent?.bytes ?? Buffer.of())).toBe(true);
    expect(response.headers.get('content-type')).toBe(sent?.content_type);
    expect(response.headers.get('content-length')).toBe(String(sent?.bytes.length));
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
  }

  async function expectAll(task: Task): Promise<void> {
    expect(task.attachments).toEqual(
      ['a b.md', 'b.bin'].map((name) => {
        const file = files.find((one) => one.name === name);
        const { content_type, bytes } = file ?? { content_type: '', bytes: '' };
        return { artifact_id: expect.any(String), name, content_type, size_bytes: bytes.length };
      }),
    );
    const { artifacts, ...head } = await listed(task);
    expect(head).toEqual({ task_id: task.id, task_name: task.task_name });
    expect(artifacts.map(({ path }) => path).toSorted()).toEqual(['upload/a b.md', 'upload/b.bin']);
    for (const artifact of artifacts) await expectFile(task, artifact);
  }

  describe('files', () => {
    it('inside the JSON come out byte for byte, listed by name', async () => {
      await expectAll(await inline());
    });

    it('behind the task of a form do so too', async () => {
      const answer = await sendForm(formOf({ prompt: 'x' }));
      expect(answer.status, answer.text).toBe(201);
      await expectAll(taskSchema.parse(answer.body));
    });

    it('are none that a job left', async () => {
      const { id } = await inline();
      const response = await fetch(`${driver.gateway.url}/v1/tasks/${id}/artifacts:archive`, {
        headers: { authorization: `Bearer ${who.token}` },
      });
      expect(response.headers.get('content-type')).toBe('application/x-tar');
      // An archive ends with two blocks of zeros.
      expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.alloc(1024));
      expectProblem(
        await driver.get(who, `/v1/tasks/${uuidv7()}/artifacts:archive`),
        404,
        'not_found',
      );
    });

    it('come in pages', async () => {
      const task = await inline();
      const first = await listed(task, '?limit=1');
      const rest = await listed(
        task,
        `?limit=1&cursor=${encodeURIComponent(first.next_cursor ?? '')}`,
      );
      expect(rest).not.toHaveProperty('next_cursor');
      const names = [...first.artifacts, ...rest.artifacts].map(({ name }) => name);
      expect(names.toSorted()).toEqual(['a b.md', 'b.bin']);
    });

    it('that are none of the task are unknown', async () => {
      const task = await driver.create(who);
      const [other] = (await inline()).attachments;
      for (const id of [uuidv7(), other?.artifact_id]) {
        const answer = await driver.get(who, `/v1/tasks/${task.id}/artifacts/${id}`);
        expectProblem(answer, 404, 'not_found');
      }
      const odd = await driver.get(who, `/v1/tasks/${task.id}/artifacts/x`);
      expectProblem(odd, 400, 'validation', 'artifact_id');
    });

    it('of a form that is out of order or names a file twice are refused', async () => {
      const before = (await driver.list(who)).tasks;
      const turned = new FormData();
      turned.append('attachments', new Blob(['x']), 'x');
      turned.append('task', new Blob(['{"prompt":"x"}'], { type: 'application/json' }));
      expectProblem(await sendForm(turned), 400, 'validation');
      const other = new FormData();
      other.append('other', new Blob(['{"prompt":"x"}'], { type: 'application/json' }));
      expectProblem(await sendForm(other), 400, 'validation');
      const twice = formOf({ prompt: 'x' });
      twice.append('attachments', new Blob(['x']), 'b.bin');
      expectProblem(await sendForm(twice), 400, 'validation', 'attachments.2.name');
      const wrong = formOf({ prompt: 'x', surprise: 1 } as CreateTaskRequest);
      expectProblem(await sendForm(wrong), 400, 'validation', 'surprise');
      expect((await driver.list(who)).tasks).toEqual(before);
    });
  });
}

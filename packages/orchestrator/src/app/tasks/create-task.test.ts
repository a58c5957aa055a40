import { systemClock } from '@cynodeai/runtime/std';
import { describe, expect, it } from 'vitest';
import type { UserSession } from '../../domain/identity/actor.ts';
import type { BlobWriter } from '../../ports/blobs-writer.ts';
import type {
  CreationResult,
  TaskCreation,
  TaskTransaction,
  TransactTasks,
} from '../../ports/tasks.ts';
import type { Caller } from '../audit/call.ts';
import { createTaskOnce } from './create-task-once.ts';
import { type CreateTaskDeps, createTask } from './create-task.ts';
import { TaskNumbers } from './name-task.ts';
import { storeAttachments } from './task-blobs.ts';

const userId = '00000000-0000-7000-8000-000000000001';
const actor: UserSession = {
  kind: 'session',
  userId,
  sessionId: 's',
  handle: 'me',
  createdAt: new Date(0),
  groupIds: [],
  roles: [],
};
const project = {
  id: userId,
  slug: 'default',
  isActive: true,
  isDefault: true,
  ownerUserId: userId,
};

/** Blobs in memory; `failAt` lets the write of that number fail. */
function memoryBlobs(failAt = 0) {
  const kept = new Set<string>();
  let writes = 0;
  const blobs: BlobWriter = {
    write: async (bytes) => {
      writes += 1;
      if (writes === failAt) throw new Error('disk full');
      const storageRef = `file:${writes}`;
      kept.add(storageRef);
      return { storageRef, sizeBytes: bytes.length, sha256: '', claim: storageRef };
    },
    writeStream: async (chunks) => {
      const bytes: Uint8Array[] = [];
      for await (const chunk of chunks) bytes.push(chunk);
      return blobs.write(Buffer.concat(bytes));
    },
    batch: () => ({ write: (chunks) => blobs.writeStream(chunks), flush: async () => new Map() }),
    withdraw: async (stored) => {
      for (const { storageRef } of stored) kept.delete(storageRef);
    },
  };
  return { kept, blobs };
}

function transaction(more: Partial<TaskTransaction> = {}): TaskTransaction {
  return {
    projects: { find: async () => project, ensureDefault: async () => project },
    audit: { append: async () => {} },
    create: async () => 'created',
    lockName: async () => {},
    takenNames: async () => new Set(),
    lockTask: async () => undefined,
    cancelTask: async (taskId) => ({ taskId, jobIds: [] }),
    countFinished: async () => ({ tasks: 0, jobs: 0, files: 0, bytes: 0 }),
    removeFinished: async () => ({ taskIds: [], jobs: 0, files: [] }),
    removeTask: async () => undefined,
    ...more,
  };
}

function deps(blobs: BlobWriter, more: Partial<CreateTaskDeps> = {}): CreateTaskDeps {
  const transact: TransactTasks = (work) => work(transaction());
  const { projects } = transaction();
  return {
    transact,
    disk: { usedShare: async () => 0 },
    secrets: { list: async () => [] },
    workspaces: { list: async () => [] },
    create: async () => 'created',
    projects,
    blobs,
    folders: { use: async () => undefined },
    tasks: { status: async () => undefined },
    numbers: new TaskNumbers(),
    clock: systemClock,
    ...more,
  };
}

const file = (name: string) => ({ name, content_base64: 'YQ==' });
const caller: Caller = {
  actor,
  call: {
    requestId: 'r',
    ip: '::1',
    userAgent: undefined,
    entry: { operation: 'tasks.create', action: 'task.create', resource: 'task' },
    elapsedMs: () => 0,
    codeOf: () => 0,
  },
};
const sent = { request: { prompt: 'x', attachments: [file('a'), file('b'), file('c')] } };

describe('creating a task', () => {
  it('removes every blob when one of them cannot be stored', async () => {
    const { kept, blobs } = memoryBlobs(2);
    await expect(createTask(deps(blobs), caller, sent)).rejects.toThrow('disk full');
    expect(kept.size).toBe(0);
  });

  it('removes the blobs when the transaction failed and the task is not there', async () => {
    const { kept, blobs } = memoryBlobs();
    const transact: TransactTasks = () => Promise.reject(new Error('deadlock'));
    await expect(createTask(deps(blobs, { transact }), caller, sent)).rejects.toThrow('deadlock');
    expect(kept.size).toBe(0);
  });

  it('keeps the blobs when the connection was lost at commit and the task is there, or nobody knows', async () => {
    const transact: TransactTasks = () => Promise.reject(new Error('connection lost'));
    const answers = [
      async () => 'pending' as const,
      () => Promise.reject(new Error('no database')),
    ];
    for (const status of answers) {
      const { kept, blobs } = memoryBlobs();
      await expect(
        createTask(deps(blobs, { transact, tasks: { status } }), caller, sent),
      ).rejects.toThrow('connection lost');
      expect(kept.size).toBe(3);
    }
  });

  it('undoes everything when its idempotency key was taken over meanwhile', async () => {
    const { kept, blobs } = memoryBlobs();
    const transact: TransactTasks = (work) => work(transaction({ create: async () => 'key_lost' }));
    const claim = {
      caller: 'c',
      method: 'POST',
      path: '/',
      key: 'k',
      bodyHash: Buffer.alloc(0),
      claimedAt: new Date(),
    };
    await expect(createTask(deps(blobs, { transact }), caller, sent, claim)).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
    expect(kept.size).toBe(0);
  });

  it('looks for a number again when somebody took exactly the one it chose', async () => {
    const { blobs } = memoryBlobs();
    const taken = new Set(['x']);
    const tried: string[] = [];
    const create = async ({ task }: TaskCreation): Promise<CreationResult> => {
      tried.push(task.name);
      if (tried.length === 2) taken.add(task.name);
      return taken.has(task.name) ? 'name_taken' : 'created';
    };
    const takenNames = async (_creator: string, names: readonly string[]) =>
      new Set(names.filter((name) => taken.has(name)));
    const transact: TransactTasks = (work) => work(transaction({ create, takenNames }));
    const known = { ...actor, defaultProject: { id: userId, isActive: true } };
    const created = await createTask(
      deps(blobs, { transact, create }),
      { ...caller, actor: known },
      sent,
    );
    expect(created.value.task_name).toBe('x-3');
    expect(tried).toEqual(['x', 'x-2', 'x-3']);
  });

  it('takes attachments up to 10 MiB each and no more, and keeps none then', async () => {
    const { kept, blobs } = memoryBlobs();
    const ofSize = (name: string, bytes: number) => ({
      name,
      contentType: undefined,
      chunks: (async function* () {
        yield Buffer.alloc(bytes);
      })(),
    });
    const most = 10 * 1024 * 1024;
    expect(await storeAttachments(blobs, [ofSize('a', most)])).toHaveLength(1);
    await expect(
      storeAttachments(blobs, [ofSize('b', 1), ofSize('c', most + 1)]),
    ).rejects.toMatchObject({ code: 'input_too_large' });
    expect(kept.size).toBe(1);
  });

  it('removes what was stored before when the task itself is refused or its key is of another call', async () => {
    const { kept, blobs } = memoryBlobs();
    const received = async () =>
      storeAttachments(blobs, [
        {
          name: 'r',
          contentType: undefined,
          chunks: (async function* () {
            yield Buffer.from('r');
          })(),
        },
      ]);
    const blank = { request: { prompt: ' ' }, received: await received() };
    await expect(createTask(deps(blobs), caller, blank)).rejects.toMatchObject({
      code: 'input_invalid',
    });
    const twice = { request: { prompt: 'x', attachments: [file('r')] } };
    await expect(
      createTask(deps(blobs), caller, { ...twice, received: await received() }),
    ).rejects.toMatchObject({ code: 'input_invalid' });
    expect(kept.size).toBe(0);
    const start = async () => ({ kind: 'other_body' as const });
    const idempotency = { start, release: async () => {}, removeExpired: async () => 0 };
    const key = { caller: 'c', method: 'POST', path: '/', key: 'k', bodyHash: Buffer.alloc(0) };
    const other = { ...sent, received: await received() };
    await expect(
      createTaskOnce({ ...deps(blobs), idempotency }, caller, other, key),
    ).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect(kept.size).toBe(0);
  });
});

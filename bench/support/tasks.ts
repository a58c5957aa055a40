import { at, textAt } from '@cynodeai/testing/harness';
import type { KeptConnection } from './kept-connection.ts';

/** Creates a task of commands; answers with its id once the 201 is there. */
export async function createTask(
  connection: KeptConnection,
  commands: readonly string[],
  name?: string,
): Promise<string> {
  const { status, json } = await connection.send('POST', '/v1/tasks', {
    input_mode: 'commands',
    commands,
    ...(name !== undefined && { task_name: name }),
  });
  if (status !== 201) throw new Error(`task creation answered ${status}: ${JSON.stringify(json)}`);
  return textAt(json, 'task_id');
}

/** Waits in one long poll for the end of a task. @throws when it did not complete. */
export async function waitForTask(connection: KeptConnection, taskId: string): Promise<void> {
  const { status, json } = await connection.send('GET', `/v1/tasks/${taskId}/result?wait=30`);
  const state = at(json, 'status');
  if (status !== 200 || state !== 'completed') {
    throw new Error(`the task did not complete: ${status} ${JSON.stringify(json)}`);
  }
}

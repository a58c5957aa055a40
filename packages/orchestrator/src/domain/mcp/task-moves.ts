import type { StoredTaskStatus } from '../tasks/task-status.ts';

const moves: Readonly<Record<StoredTaskStatus, readonly StoredTaskStatus[]>> = {
  pending: ['running', 'canceled', 'failed', 'superseded'],
  running: ['completed', 'failed', 'canceled', 'superseded'],
  completed: [],
  failed: [],
  canceled: [],
  superseded: [],
};

/** Whether an agent may move a task from a state to another. See docs/reference/mcp.md#tools. */
export function mayMoveTask(from: StoredTaskStatus, to: StoredTaskStatus): boolean {
  return moves[from].includes(to);
}

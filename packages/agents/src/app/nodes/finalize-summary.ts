import type { NodeWork } from '../node-scene.ts';
import { writeSummary } from '../write-summary.ts';

/** Ends a task whose steps have passed. See docs/reference/workflow.md#summary. */
export const finalizeSummary: NodeWork = async (scene) => {
  const { task, tools, state, signal } = scene;
  if (task.closed) return state;
  await writeSummary(scene);
  await tools.call('db.task.update_status', { task_id: task.id, status: 'completed' }, signal);
  return state;
};

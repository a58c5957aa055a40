import { presentStep, type NodeWork } from '../node-scene.ts';
import { writeSummary } from '../write-summary.ts';

/** Ends a task that cannot be done, and says why and what was tried. See docs/reference/workflow.md#summary. */
export const markFailed: NodeWork = async (scene) => {
  const { task, tools, signal } = scene;
  const { failure: known } = scene.state;
  const failure = known ?? {
    code: 'max_attempts' as const,
    message: `Step ${JSON.stringify(presentStep(scene.state).step.title)}.`,
  };
  const state = { ...scene.state, failure };
  if (task.closed) return state;
  await writeSummary({ ...scene, state }, { failure });
  await tools.call('db.task.update_status', { task_id: task.id, status: 'failed' }, signal);
  return state;
};

import { taskBounds } from '../../domain/task-bounds.ts';
import type { NodeScene, NodeWork } from '../node-scene.ts';
import { settingsBelow } from '../pages.ts';

/** The preferences that hold for a task now, and where each comes from. */
export async function readPreferences({ tools, task, signal }: Omit<NodeScene, 'state'>) {
  const args = { task_id: task.id, include_sources: true };
  const { effective, sources } = await tools.call('db.preference.effective', args, signal);
  return { preferences_effective: effective, preferences_applied: sources ?? [] };
}

/** Takes a task up: what is wanted, by which preferences, within which bounds. See docs/reference/workflow.md#graph. */
export const loadTaskContext: NodeWork = async (scene) => {
  const { state, task, tools, lease, deps, signal } = scene;
  if (task.status === 'pending') {
    await tools.call('db.task.update_status', { task_id: task.id, status: 'running' }, signal);
  }
  const settings = await settingsBelow(tools, 'workflow.', signal);
  return {
    ...state,
    run_id: lease.runId,
    started_at: state.started_at ?? deps.clock.now().toISOString(),
    bounds: taskBounds(settings),
    acceptance_criteria: task.acceptance_criteria,
    ...(await readPreferences(scene)),
  };
};

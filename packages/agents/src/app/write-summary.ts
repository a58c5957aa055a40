import { summaryOf } from '../domain/summary.ts';
import type { NodeScene } from './node-scene.ts';
import { taskFiles, verificationsOf } from './pages.ts';

/** Writes what a task came to, with what more is to be known of it. */
export async function writeSummary(
  { state, task, tools, signal }: NodeScene,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const files = await taskFiles(tools, task.id, signal);
  const verified = await verificationsOf(tools, task.id, signal);
  const summary = summaryOf({
    state,
    artifacts: files
      .filter(({ path }) => !path.startsWith('upload/'))
      .map(({ path, size_bytes: sizeBytes, checksum_sha256: sha256 }) => ({
        path,
        sizeBytes,
        sha256: sha256 ?? undefined,
      })),
    verificationIds: verified.map(({ id }) => id),
  });
  const patch = Object.keys(metadata).length === 0 ? {} : { metadata_patch: { ...metadata } };
  await tools.call('db.task.update', { task_id: task.id, summary, ...patch }, signal);
}

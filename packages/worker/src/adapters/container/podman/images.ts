import { WorkerError } from '../../../domain/errors.ts';
import { pullLimitMs, requirePullable } from '../shared/images.ts';
import { type ImportOptions, imageChanges } from '../shared/engine-tool.ts';
import { callEngine, type EngineCommand, engineMessage } from './client.ts';

/**
 * Whether the storage has the image. @throws WorkerError `not_run` when the engine could not look: that says nothing
 * about the image
 */
export async function hasImage(command: EngineCommand, ref: string): Promise<boolean> {
  const { exitCode, stderr } = await callEngine(command, ['image', 'exists', ref]);
  if (exitCode === 0) return true;
  if (exitCode === 1 || stderr.includes('invalid reference')) return false;
  throw new WorkerError('not_run', `the engine cannot look for images: ${engineMessage(stderr)}`);
}

/**
 * Pulls an image within `limitMs`. @throws WorkerError `image_unavailable`
 */
export async function pullImage(
  command: EngineCommand,
  ref: string,
  signal?: AbortSignal,
  limitMs = pullLimitMs,
): Promise<void> {
  requirePullable(ref);
  const result = await callEngine(command, ['pull', '--quiet', ref], {
    timeoutMs: limitMs,
    ...(signal && { signal }),
  });
  if (result.exitCode === 0) return;
  const why = result.timedOut
    ? `the pull took longer than ${limitMs / 1000} s`
    : engineMessage(result.stderr);
  throw new WorkerError('image_unavailable', `image ${ref} could not be pulled: ${why}`);
}

/** Makes an image of a root file system in a tar archive. @throws WorkerError `image_unavailable` */
export async function importImage(
  command: EngineCommand,
  archive: string,
  ref: string,
  options: ImportOptions,
): Promise<void> {
  const flags = imageChanges(options).map((change) => `--change=${change}`);
  const result = await callEngine(command, ['import', '--quiet', ...flags, archive, ref], {
    timeoutMs: pullLimitMs,
  });
  if (result.exitCode === 0) return;
  const why = engineMessage(result.stderr);
  throw new WorkerError('image_unavailable', `image ${ref} could not be imported: ${why}`);
}

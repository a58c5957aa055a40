import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { WorkerError } from '../../../domain/errors.ts';
import { pullLimitMs, requirePullable } from '../shared/images.ts';
import { type ImageEntry, type ImportOptions, imageChanges } from '../shared/engine-tool.ts';
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

/** Gives an image another name. @throws WorkerError `image_unavailable` */
export async function tagImage(command: EngineCommand, ref: string, name: string): Promise<void> {
  const { exitCode, stderr } = await callEngine(command, ['tag', ref, name]);
  if (exitCode === 0) return;
  const why = engineMessage(stderr);
  throw new WorkerError('image_unavailable', `image ${ref} could not be named ${name}: ${why}`);
}

const listSchema = z.array(
  z.object({
    Names: z.array(z.string()).nullish(),
    Size: z.number().nonnegative(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

/** Images whose names begin so, sorted by name. @throws WorkerError `not_run` when the engine could not look */
export async function listImages(
  command: EngineCommand,
  beginning: string,
): Promise<readonly ImageEntry[]> {
  const { exitCode, stdout, stderr } = await callEngine(command, ['images', '--format', 'json']);
  if (exitCode !== 0) {
    throw new WorkerError('not_run', `the engine cannot look for images: ${engineMessage(stderr)}`);
  }
  // It tells an image once for each of its names, and each time all of them.
  const entries = new Map<string, ImageEntry>();
  for (const { Names, Size, Labels } of listSchema.parse(parseJson(stdout))) {
    for (const ref of Names ?? []) {
      if (!ref.startsWith(beginning)) continue;
      entries.set(ref, { ref, sizeBytes: Size, labels: Labels ?? {} });
    }
  }
  return [...entries.values()].toSorted((a, b) => (a.ref < b.ref ? -1 : 1));
}

/** Takes an image its name; what has none then goes. @throws WorkerError `image_unavailable` */
export async function removeImage(command: EngineCommand, ref: string): Promise<boolean> {
  const { exitCode, stderr } = await callEngine(command, ['rmi', ref]);
  if (exitCode === 0) return true;
  if (exitCode === 1) return false;
  const why = engineMessage(stderr);
  throw new WorkerError('image_unavailable', `image ${ref} could not be removed: ${why}`);
}

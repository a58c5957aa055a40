import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { WorkerError } from '../../../domain/errors.ts';
import type { ImageEntry } from '../shared/engine-tool.ts';
import { pullLimitMs, requirePullable } from '../shared/images.ts';
import { type Daemon, type DaemonAnswer, daemonMessage } from './daemon.ts';

/**
 * Whether the daemon has the image. @throws WorkerError `not_run` when it could not look: that says nothing about the
 * image
 */
export async function hasImage(daemon: Daemon, ref: string): Promise<boolean> {
  const answer = await daemon.call('GET', `/images/${ref}/json`);
  if (answer.status < 500) return answer.status === 200;
  throw new WorkerError('not_run', `the engine cannot look for images: ${daemonMessage(answer)}`);
}

/** Name and tag or digest of a full reference, as the daemon's queries want them. */
function querySuffix(nameKey: 'fromImage' | 'repo', ref: string): string {
  const at = ref.includes('@') ? ref.indexOf('@') : ref.lastIndexOf(':');
  const [name, tag] = [ref.slice(0, at), ref.slice(at + 1)];
  return `${nameKey}=${encodeURIComponent(name)}&tag=${encodeURIComponent(tag)}`;
}

/** The fault in a stream of progress lines, which begins with status 200 whatever happens later. */
function faultOf(answer: DaemonAnswer): string | undefined {
  if (answer.status !== 200) return daemonMessage(answer);
  return /"error":"((?:[^"\\]|\\.)*)"/.exec(answer.text)?.[1]?.slice(0, 300);
}

/** Pulls an image within `limitMs`. @throws WorkerError `image_unavailable` */
export async function pullImage(
  daemon: Daemon,
  ref: string,
  signal?: AbortSignal,
  limitMs = pullLimitMs,
): Promise<void> {
  requirePullable(ref);
  const options = { timeoutMs: limitMs, ...(signal && { signal }) };
  const answer = await daemon.call(
    'POST',
    `/images/create?${querySuffix('fromImage', ref)}`,
    options,
  );
  const fault = faultOf(answer);
  if (fault !== undefined) {
    throw new WorkerError('image_unavailable', `image ${ref} could not be pulled: ${fault}`);
  }
}

/** Makes an image of a root file system in a tar archive. @throws WorkerError `image_unavailable` */
export async function importImage(
  daemon: Daemon,
  archive: string | Buffer,
  ref: string,
  changes: readonly string[] = [],
): Promise<void> {
  const upload: Readable | Buffer =
    typeof archive === 'string' ? createReadStream(archive) : archive;
  const query = [
    'fromSrc=-',
    querySuffix('repo', ref),
    ...changes.map((change) => `changes=${encodeURIComponent(change)}`),
  ].join('&');
  const answer = await daemon.call('POST', `/images/create?${query}`, {
    upload,
    timeoutMs: pullLimitMs,
  });
  const fault = faultOf(answer);
  if (fault !== undefined) {
    throw new WorkerError('image_unavailable', `image ${ref} could not be imported: ${fault}`);
  }
}

/** Gives an image another name. @throws WorkerError `image_unavailable` */
export async function tagImage(daemon: Daemon, ref: string, name: string): Promise<void> {
  const query = querySuffix('repo', name);
  const answer = await daemon.call('POST', `/images/${ref}/tag?${query}`);
  if (answer.status === 201) return;
  const why = daemonMessage(answer);
  throw new WorkerError('image_unavailable', `image ${ref} could not be named ${name}: ${why}`);
}

const listSchema = z.array(
  z.object({
    RepoTags: z.array(z.string()).nullish(),
    Size: z.number().nonnegative(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

/** Images whose names begin so, sorted by name. @throws WorkerError `not_run` when the daemon could not look */
export async function listImages(
  daemon: Daemon,
  beginning: string,
): Promise<readonly ImageEntry[]> {
  const answer = await daemon.call('GET', '/images/json');
  if (answer.status !== 200) {
    throw new WorkerError('not_run', `the engine cannot look for images: ${daemonMessage(answer)}`);
  }
  const entries = listSchema
    .parse(parseJson(answer.text))
    .flatMap(({ RepoTags, Size, Labels }) =>
      (RepoTags ?? [])
        .filter((ref) => ref.startsWith(beginning))
        .map((ref) => ({ ref, sizeBytes: Size, labels: Labels ?? {} })),
    );
  return entries.toSorted((a, b) => (a.ref < b.ref ? -1 : 1));
}

/** Takes an image its name; what has none then goes. @throws WorkerError `image_unavailable` */
export async function removeImage(daemon: Daemon, ref: string): Promise<boolean> {
  const answer = await daemon.call('DELETE', `/images/${ref}`);
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  const why = daemonMessage(answer);
  throw new WorkerError('image_unavailable', `image ${ref} could not be removed: ${why}`);
}

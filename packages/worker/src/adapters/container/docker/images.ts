import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { WorkerError } from '../../../domain/errors.ts';
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

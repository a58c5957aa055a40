import { type JobArtifact, limits, relativePathSchema } from '@cynodeai/contracts/common';
import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import { attachmentFolder } from '../tasks/task-record.ts';

const typeBytes = 128;
const errorBytes = 512;

/** A file on a list that is not there to be had. */
export function refused({ ref: _ref, ...entry }: JobArtifact, error: string): JobArtifact {
  return { ...entry, error: truncateUtf8(storableText(error), errorBytes).text };
}

function faultOf(
  { name, size_bytes: sizeBytes }: JobArtifact,
  before: ReadonlySet<string>,
): string | undefined {
  if (!relativePathSchema.safeParse(name).success) return 'its path cannot be one of a file';
  if (name.startsWith(attachmentFolder)) return 'upload/ is for what the user sent';
  if (before.has(name)) return 'the node listed it twice';
  return sizeBytes > limits.artifactBytes ? 'it is larger than a file may be' : undefined;
}

/**
 * What a node lists as left by a job, within the limits a node has to keep itself: an entry with `ref` has a path that
 * may become one of its task. See docs/reference/worker-api.md#artifacts.
 */
export function boundedLeft(listed: readonly JobArtifact[]): readonly JobArtifact[] {
  const names = new Set<string>();
  let bytes = 0;
  return listed.slice(0, limits.artifactCount).map((entry) => {
    const name = truncateUtf8(storableText(entry.name), 2 * limits.inputFilePathBytes).text;
    const type = truncateUtf8(storableText(entry.content_type), typeBytes).text;
    const bounded = { ...entry, name, content_type: type };
    if (entry.error !== undefined || entry.ref === undefined) {
      return refused(bounded, entry.error ?? 'the node does not have it');
    }
    const fault = faultOf(entry, names);
    if (fault !== undefined) return refused(bounded, fault);
    names.add(name);
    bytes += entry.size_bytes;
    return bytes > limits.jobArtifactsBytes
      ? refused(bounded, 'all files together are larger than they may be')
      : bounded;
  });
}

import { utf8Bytes } from '@cynodeai/contracts/common';

/** What is known of an input file before its bytes are read. */
export interface SizedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** The files by how they travel, each in its old order. */
export interface SplitFiles<F> {
  readonly inline: readonly F[];
  readonly staged: readonly F[];
}

/** Field names, quotes and mode of a file in the request, and the comma behind it. */
const frameBytes = 64;

/** Bytes a file takes in the request: base64 grows by a third, and a path may need escapes. */
function inlineBytes({ path, sizeBytes }: SizedFile): number {
  return frameBytes + utf8Bytes(JSON.stringify(path)) + Math.ceil(sizeBytes / 3) * 4;
}

/**
 * Chooses the files that ride inside `jobs:run`: each one that still fits into `budgetBytes`, in
 * order; the others are staged before. See docs/reference/tasks-and-jobs.md#input-modes and
 * docs/reference/worker-api.md#input-files.
 */
export function splitInputFiles<F extends SizedFile>(
  files: readonly F[],
  budgetBytes: number,
): SplitFiles<F> {
  const inline: F[] = [];
  const staged: F[] = [];
  let left = budgetBytes;
  for (const file of files) {
    const bytes = inlineBytes(file);
    if (bytes > left) {
      staged.push(file);
      continue;
    }
    inline.push(file);
    left -= bytes;
  }
  return { inline, staged };
}

import { z } from 'zod';
import { limits } from './limits.ts';
import { isStorableText, utf8Bytes } from './primitives.ts';

function isRelativePath(path: string): boolean {
  const bytes = utf8Bytes(path);
  return (
    bytes >= 1 &&
    bytes <= limits.inputFilePathBytes &&
    isStorableText(path) &&
    !path.includes('\\') &&
    path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

/**
 * Path of a file below a folder of a job: relative, no empty, `.` or `..` segment, no backslash or NUL.
 * See docs/reference/worker-api.md#input-files.
 */
export const relativePathSchema = z
  .string()
  .refine(
    isRelativePath,
    'must be a relative path of 1 to 512 bytes without empty, "." or ".." segments, backslash or NUL',
  );

/** Folder of the workspace, and of the artifact paths, that holds what the user sent; nobody else puts anything there. */
export const attachmentFolder = 'upload/';

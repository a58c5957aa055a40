import { z } from 'zod';
import { limits } from '../common/limits.ts';
import { isStorableText, utf8Bytes } from '../common/primitives.ts';

function isWorkspacePath(path: string): boolean {
  const bytes = utf8Bytes(path);
  return (
    bytes >= 1 &&
    bytes <= limits.inputFilePathBytes &&
    isStorableText(path) &&
    !path.includes('\\') &&
    path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

/** Path of a file below `/workspace`: relative, no empty, `.` or `..` segment, no backslash or NUL. Contract 03 section 5.4. */
export const workspacePathSchema = z
  .string()
  .refine(
    isWorkspacePath,
    'must be a relative path of 1 to 512 bytes without empty, "." or ".." segments, backslash or NUL',
  );

/** Strict base64 with padding. */
export const base64Schema = z.base64();

/** Mode of an input file; `0444` is read-only. */
export const inputFileModeSchema = z.enum(['0644', '0755', '0444']);

/** A file placed in the workspace before the job starts. Contract 03 section 5.4. */
export const inputFileSchema = z.strictObject({
  path: workspacePathSchema,
  content_base64: base64Schema,
  mode: inputFileModeSchema.optional(),
});

/** Query of a staged upload: where the raw body goes. Contract 03 section 5.4. */
export const stagedFileQuerySchema = z.object({
  path: workspacePathSchema,
  mode: inputFileModeSchema.optional(),
});

export type StagedFileQuery = z.infer<typeof stagedFileQuerySchema>;
export type InputFile = z.infer<typeof inputFileSchema>;

import type { TestGateway } from './gateway.ts';
import type { TestUser } from './users.ts';

const boundary = 'test-boundary';

/** Content type of what `form` makes. */
export const formType = `multipart/form-data; boundary=${boundary}`;

/** A part of a form. */
export interface Part {
  readonly name: string;
  readonly fileName?: string;
  readonly type?: string;
  readonly bytes: Uint8Array | string;
}

/** The part that holds the task. */
export const task = (json: unknown = { prompt: 'x' }): Part => ({
  name: 'task',
  type: 'application/json',
  bytes: JSON.stringify(json),
});
/** A part that holds a file. */
export const file = (fileName: string, bytes: Uint8Array | string = 'x', type?: string): Part => ({
  name: 'attachments',
  fileName,
  bytes,
  ...(type !== undefined && { type }),
});

/** A multipart body of these parts, with another end when told. */
export function form(parts: readonly Part[], end = `--${boundary}--\r\n`): Buffer {
  const pieces = parts.flatMap(({ name, fileName, type, bytes }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${
        fileName === undefined ? '' : `; filename="${fileName}"`
      }\r\n${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`,
    ),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(end)]);
}

/** Asks for the bytes of a task's file. */
export function download(
  gateway: TestGateway,
  user: TestUser,
  taskId: string,
  artifactId: string,
): Promise<Response> {
  return fetch(`${gateway.url}/v1/tasks/${taskId}/artifacts/${artifactId}`, {
    headers: { authorization: `Bearer ${user.token}` },
  });
}

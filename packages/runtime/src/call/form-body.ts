/** A file that is sent beside the JSON of a call. */
export interface UploadFile {
  /** Without quotes' or lines' ends that a header could not hold: no CR, no LF. */
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Exactly `sizeBytes` bytes, from the beginning at every call. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** A form ready to be sent; its bytes are made while they go out. */
export interface FormBody {
  readonly contentType: string;
  readonly sizeBytes: number;
  chunks(): AsyncGenerator<Uint8Array>;
}

const escaped = (text: string): string => text.replaceAll(/["\\]/g, String.raw`\$&`);

/**
 * `multipart/form-data`: the JSON first, then the files in their order. RFC 7578,
 * docs/reference/cli.md#create-a-task
 */
export function formBody(
  names: { readonly field: string; readonly files: string },
  json: unknown,
  files: readonly UploadFile[],
): FormBody {
  const boundary = `cynode-${crypto.randomUUID()}`;
  const start = (disposition: string, type: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`;
  const first = Buffer.from(
    `${start(`name="${names.field}"`, 'application/json')}${JSON.stringify(json)}\r\n`,
  );
  const heads = files.map(({ name, contentType }) =>
    Buffer.from(start(`name="${names.files}"; filename="${escaped(name)}"`, contentType)),
  );
  const between = Buffer.from('\r\n');
  const end = Buffer.from(`--${boundary}--\r\n`);
  const framing = heads.reduce((sum, head) => sum + head.length + between.length, 0);
  const content = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes: first.length + framing + content + end.length,
    async *chunks() {
      yield first;
      for (const [at, file] of files.entries()) {
        yield heads[at] ?? between;
        yield* file.chunks();
        yield between;
      }
      yield end;
    },
  };
}

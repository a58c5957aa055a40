import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readForm } from './multipart.ts';
import { ProblemError } from './problem-error.ts';

interface Sent {
  readonly name: string;
  readonly fileName?: string | undefined;
  readonly type?: string | undefined;
  readonly bytes: Buffer;
}

const boundary = 'b0undary';
const type = `multipart/form-data; boundary=${boundary}`;

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

function encoded(parts: readonly Sent[]): Buffer {
  const pieces = parts.flatMap(({ name, fileName, type: media, bytes }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name=${quoted(name)}${
        fileName === undefined ? '' : `; filename=${quoted(fileName)}`
      }\r\n${media === undefined ? '' : `Content-Type: ${media}\r\n`}\r\n`,
    ),
    bytes,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(contentType: string, body: AsyncIterable<Buffer>): Promise<Sent[]> {
  const found: Sent[] = [];
  for await (const part of readForm(contentType, body)) {
    const chunks: Buffer[] = [];
    for await (const chunk of part.chunks) chunks.push(chunk);
    found.push({
      name: part.name,
      fileName: part.fileName,
      type: part.contentType,
      bytes: Buffer.concat(chunks),
    });
  }
  return found;
}

const whole = (text: string | Buffer): AsyncGenerator<Buffer> =>
  pieces(Buffer.from(text), [Math.max(1, text.length)]);

const text = (body: string): string => body.replaceAll('\n', '\r\n');

describe('a form', () => {
  it('comes out as it went in, however its bytes are cut', async () => {
    // Text that looks like the boundary, in every stage of it.
    const tricky = fc.constantFrom(
      '\r\n',
      '--',
      '\r\n--',
      `\r\n--${boundary.slice(0, 5)}`,
      '\r',
      'x',
    );
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.array(tricky, { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''))),
    );
    const name = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => {
      const clean = value.toWellFormed().replaceAll(/[\p{Cc}]/gu, '_');
      return clean;
    });
    const part = fc.record({
      name,
      fileName: fc.option(name, { nil: undefined }),
      type: fc.constantFrom(undefined, 'text/plain', 'application/octet-stream'),
      bytes: content,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 }),
        async (parts, sizes) => {
          const found = await read(type, pieces(encoded(parts), sizes));
          expect(found).toEqual(parts);
        },
      ),
    );
  });

  it.each(['\u2028', 'a\u2029b', '\u0085', '\\\u2028"'])(
    'has names with what only some programs take for the end of a line: %j',
    async (name) => {
      const parts = [{ name, fileName: name, type: undefined, bytes: Buffer.from('x') }];
      expect(await read(type, pieces(encoded(parts), [64]))).toEqual(parts);
    },
  );

  it('passes over what its reader leaves of a part', async () => {
    const parts = [
      { name: 'a', bytes: Buffer.alloc(1000, 'a') },
      { name: 'b', bytes: Buffer.from('b') },
    ];
    const names: string[] = [];
    for await (const part of readForm(type, pieces(encoded(parts), [7]))) names.push(part.name);
    expect(names).toEqual(['a', 'b']);
  });

  it('stops its source when its reader stops', async () => {
    let stopped = false;
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        yield encoded([{ name: 'a', bytes: Buffer.from('a') }]);
        yield Buffer.from('more');
      } finally {
        stopped = true;
      }
    };
    for await (const _part of readForm(type, source())) break;
    expect(stopped).toBe(true);
  });

  it('may quote its boundary and have text behind its end', async () => {
    const body = text('--a b\nContent-Disposition: form-data; name=x\n\n1\n--a b--\nepilogue');
    expect(await read('multipart/form-data; charset=x; boundary="a b"', whole(body))).toMatchObject(
      [{ name: 'x', bytes: Buffer.from('1') }],
    );
  });

  it.each([
    ['no boundary', 'multipart/form-data', ''],
    ['an empty boundary', 'multipart/form-data; boundary=""', ''],
    ['a boundary of 71 characters', `multipart/form-data; boundary=${'x'.repeat(71)}`, ''],
    ['an empty body', type, ''],
    ['another boundary', type, '--other\n\n'],
    ['text before the first boundary', type, `preamble\n--${boundary}--`],
    ['a boundary that goes on', type, `--${boundary}xx`],
    ['an end without a part header end', type, `--${boundary}\nContent-Disposition: form-data`],
    ['an end inside a part', type, `--${boundary}\nContent-Disposition: form-data; name=a\n\nabc`],
    ['an end right behind a boundary', type, `--${boundary}`],
    ['a part without a disposition', type, `--${boundary}\nContent-Type: x/y\n\n\n--${boundary}--`],
    ['an attachment disposition', type, part('Content-Disposition: attachment; name=a')],
    ['a part without a name', type, part('Content-Disposition: form-data; filename="x"')],
    ['an unreadable disposition', type, part('Content-Disposition: form-data; name="a')],
    ['two names', type, part('Content-Disposition: form-data; name=a; name=b')],
    [
      'an extended file name',
      type,
      part("Content-Disposition: form-data; name=a; filename*=UTF-8''x"),
    ],
    [
      'an encoded part',
      type,
      part('Content-Disposition: form-data; name=a\nContent-Transfer-Encoding: base64'),
    ],
    [
      'two types',
      type,
      part('Content-Disposition: form-data; name=a\nContent-Type: a/b\nContent-Type: c/d'),
    ],
    ['a line that is no header', type, part('Content-Disposition: form-data; name=a\nnonsense')],
    [
      'blanks in front of a lone line end',
      type,
      part(`Content-Disposition: form-data; name=a\nX:${' '.repeat(15_000)}\rx`),
    ],
    ['no header at all', type, `--${boundary}\n\n\n--${boundary}--`],
    ['endless headers', type, part(`Content-Disposition: form-data; name=${'a'.repeat(17_000)}`)],
    ['endless headers without an end', type, `--${boundary}\nX: ${'a'.repeat(40_000)}`],
  ])('with %s is refused', async (_what, contentType, body) => {
    const reading = read(contentType, whole(text(body)));
    await expect(reading).rejects.toMatchObject({ code: 'validation' });
    await expect(reading).rejects.toBeInstanceOf(ProblemError);
  });

  it('with headers that are no UTF-8 is refused', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="`),
      Buffer.from([0xff]),
      Buffer.from('"\r\n\r\n'),
    ]);
    await expect(read(type, whole(bytes))).rejects.toMatchObject({ code: 'validation' });
  });

  function part(headers: string): string {
    return `--${boundary}\n${headers}\n\nabc\n--${boundary}--`;
  }
});

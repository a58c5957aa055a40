import { readForm } from '../http/index.ts';
import { describe, expect, it } from 'vitest';
import { type UploadFile, formBody } from './form-body.ts';

const file = (name: string, text: string): UploadFile => ({
  name,
  contentType: 'text/plain',
  sizeBytes: Buffer.byteLength(text),
  async *chunks() {
    yield Buffer.from(text);
  },
});

describe('a form', () => {
  it('is what the gateway reads, with its exact length, as often as it is sent', async () => {
    const names = { field: 'task', files: 'attachments' };
    const hostile = String.raw`a "quoted"; name=x \ é.txt`;
    const body = formBody(names, { prompt: 'ü' }, [file(hostile, 'one'), file('empty', '')]);
    for (let round = 0; round < 2; round += 1) {
      const bytes: Buffer[] = [];
      for await (const chunk of body.chunks()) bytes.push(Buffer.from(chunk));
      const all = Buffer.concat(bytes);
      expect(all.length).toBe(body.sizeBytes);
      const source = async function* () {
        yield all;
      };
      const found: string[][] = [];
      for await (const part of readForm(body.contentType, source())) {
        let text = '';
        for await (const chunk of part.chunks) text += chunk.toString();
        found.push([part.name, part.fileName ?? '', part.contentType ?? '', text]);
      }
      expect(found).toEqual([
        ['task', '', 'application/json', '{"prompt":"ü"}'],
        ['attachments', hostile, 'text/plain', 'one'],
        ['attachments', 'empty', 'text/plain', ''],
      ]);
    }
  });
});

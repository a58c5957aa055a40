import { createHash } from 'node:crypto';
import type { SigningKey } from '../crypto/index.ts';
import type { Header, SealLine } from './format.ts';
import { keyIdOf } from './seal.ts';

/** One range: its seal, and the texts of its rows. */
export interface ExportedRange {
  readonly seal: SealLine;
  readonly rows: readonly string[];
}

/** The lines of an export, each with its end; the last one signs those before. See docs/reference/audit.md#file. */
export async function* exportLines(
  header: Omit<Header, 'format' | 'version' | 'public_key'>,
  ranges: AsyncIterable<ExportedRange>,
  key: SigningKey,
): AsyncGenerator<string> {
  const digest = createHash('sha256');
  const counted = (text: string): string => {
    digest.update(text);
    return text;
  };
  const first: Header = {
    format: 'cynode-audit',
    version: 1,
    ...header,
    public_key: key.publicKey,
  };
  yield counted(`${JSON.stringify({ header: first })}\n`);
  for await (const { seal, rows } of ranges) {
    yield counted(
      [JSON.stringify({ seal }), ...rows.map((text) => `{"row":${text}}`), ''].join('\n'),
    );
  }
  const sha256 = digest.digest('hex');
  const end = { sha256, key_id: keyIdOf(key.publicKey), signature: key.sign(`export ${sha256}`) };
  yield `${JSON.stringify({ end })}\n`;
}

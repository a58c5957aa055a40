import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '@cynodeai/runtime/files';
import { headSchema } from '@cynodeai/runtime/sealed-log';
import { errorCodeOf, parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import type { SealHeads } from '../../ports/audit-seals.ts';

const schema = z.record(z.string(), headSchema);

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Heads of chains in a file, which whoever changes the database does not reach. */
export function fileSealHeads(path: string): SealHeads {
  return {
    place: path,
    read: async () => {
      const text = await readIfThere(path);
      const heads = text === undefined ? {} : schema.parse(parseJson(text));
      return new Map(
        Object.entries(heads).map(([table, head]) => [
          table,
          { toSeq: head.to_seq, sealHash: head.seal_hash },
        ]),
      );
    },
    write: async (heads) => {
      const entries = [...heads].map(([table, head]) => [
        table,
        { to_seq: head.toSeq, seal_hash: head.sealHash },
      ]);
      await writeFileAtomic(path, `${JSON.stringify(Object.fromEntries(entries))}\n`);
    },
  };
}

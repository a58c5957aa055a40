import { type Seen, shellQuoted, startInTerminal, transcript } from '@cynodeai/testing/harness';
import { type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Home, executable } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Situation, situations } from './support/situations.ts';

/** What people read. Anew: `npm run record-examples`; read every change as one who sees it for the first time. */
const folder = join(import.meta.dirname, 'examples');
const fileOf = (name: string): string => `${name.replaceAll(/[^\w]+/g, '-')}.txt`;
let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

async function record({
  args,
  env,
  input,
  stranger,
  widths = [],
  types = [],
}: Situation): Promise<Seen> {
  const words = args.map((word) => word.replace(/^HOME/, home.path));
  const all = { ...(stranger ? {} : { CYNORK_TOKEN: alice.token }), ...env };
  const terminals = [];
  const { code, stdout, stderr } = await home.run(words, { env: all, ...(input && { input }) });
  for (const columns of widths) {
    const child = startInTerminal(executable, words, { env: home.env(all), columns });
    for (const [shown, keys] of types) {
      await child.printed(shown);
      child.write(keys);
    }
    terminals.push({ columns, shown: (await child.outcome).stdout });
  }
  const command = ['cynork', ...words.map(shellQuoted)].join(' ');
  return { command, code, stdout, stderr, terminals };
}

describe('what a person reads', () => {
  it.each(Object.entries(situations))('%s', async (name, situation) => {
    await situation.before?.({ gateway, home });
    const unsteady = [
      [home.path, '~'],
      [gateway.url, 'http://GATEWAY'],
    ] as const;
    const text = transcript(await record(situation), unsteady);
    await expect(text).toMatchFileSnapshot(join(folder, fileOf(name)));
  });

  it('is recorded of no situation that is gone', () => {
    const known = new Set(Object.keys(situations).map(fileOf));
    expect(readdirSync(folder).filter((file) => !known.has(file))).toEqual([]);
  });
});

import process from 'node:process';
import { silentLog } from '@cynodeai/runtime/observe';
import { waitFor } from '@cynodeai/testing';
import { afterEach, expect, it } from 'vitest';
import { InFlight } from '../../src/adapters/relay/in-flight.ts';
import { RelayProcess } from '../../src/adapters/relay/relay-process.ts';

let relay: RelayProcess | undefined;
afterEach(() => relay?.close());

/** A node's side with a program of the test's own as the relay: what a relay that was taken over could do. */
function start(script: string, places?: InFlight): RelayProcess {
  relay = new RelayProcess({
    command: { program: process.execPath, args: ['-e', script], env: {} },
    service: { upstream: () => 'http://127.0.0.1:1' },
    log: silentLog,
    hearMs: 50,
    ...(places && { places }),
  });
  relay.start();
  return relay;
}

/** Hears, and does what else it is told. */
const hearing = (more: string): string => `
  process.on('message', (m) => { if (m.kind === 'hear') process.send({ kind: 'heard' }); });
  process.send({ kind: 'ready' });
  ${more}
  setInterval(() => {}, 1000);
`;
const enter = (id: number): string => `process.send({ kind: 'enter', id: ${id} });`;

async function replaced(process: RelayProcess): Promise<void> {
  const first = await waitFor(() => process.pid);
  await waitFor(() => process.pid !== undefined && process.pid !== first, {
    what: 'another process',
  });
}

it('gives places up to the limit, and all of them are free again when it dies', async () => {
  const places = new InFlight(2);
  const process_ = start(hearing(enter(1) + enter(2) + enter(3)), places);
  await waitFor(() => (places.tryEnter() ? (places.leave(), false) : true), {
    what: 'both places are taken',
  });
  await process_.close();
  expect([places.tryEnter(), places.tryEnter(), places.tryEnter()]).toEqual([true, true, false]);
});

it.each([
  ['holds a place twice', hearing(enter(1) + enter(1))],
  ['says what no relay says', hearing("process.send({ kind: 'obey', id: 1 });")],
  [
    'says without end what a relay may say',
    hearing(
      "setInterval(() => { for (let i = 0; i < 500; i += 1) process.send({ kind: 'leave', id: 1 }); }, 1);",
    ),
  ],
  ['never answers', "process.send({ kind: 'ready' }); setInterval(() => {}, 1000);"],
  ['ends at once', 'process.exit(3)'],
])('is started again when it %s', async (_what, script) => {
  const places = new InFlight(1);
  await replaced(start(script, places));
  await relay?.close();
  expect([places.tryEnter(), places.tryEnter()]).toEqual([true, false]);
});

it('is left alone while it answers', async () => {
  const process_ = start(hearing(''));
  const pid = await waitFor(() => process_.pid);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(process_.pid).toBe(pid);
});

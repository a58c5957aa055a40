import { readFileSync } from 'node:fs';
import process from 'node:process';
import { type Attempt, type Outcome, refusedOutcomes } from './call-prober.ts';

export const amd64 = process.arch === 'x64';

/** What a refusal looks like: EPERM or ENOSYS; undefined for what is allowed. */
const errnoOf: ReadonlyMap<string, number> = new Map([
  ['refused', 1],
  ['absent', 38],
]);

/** The golden list: answer and number here of every call whose arguments the filter does not look at. */
export const golden = readFileSync(new URL('../engine/system-calls.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [answer = '', label = '', x64 = '-', arm64 = '-'] = line.split(' ');
    return { errno: errnoOf.get(answer), label, number: Number(amd64 ? x64 : arm64) };
  })
  .filter(({ number }) => !Number.isNaN(number));

/** Numbers of the calls whose arguments the filter looks at. */
export const numbers = amd64
  ? { clone: 56, socket: 41, socketpair: 53, personality: 135 }
  : { clone: 220, socket: 198, socketpair: 199, personality: 92 };

/** SIGCHLD, so that the attempt's child ends like any other. */
const plainClone = 17;

const namespaces = {
  mount: 0x2_00_00,
  cgroup: 0x2_00_00_00,
  uts: 0x4_00_00_00,
  ipc: 0x8_00_00_00,
  user: 0x10_00_00_00,
  pid: 0x20_00_00_00,
  network: 0x40_00_00_00,
};

/** Everything worth trying. */
export const attempts: readonly Attempt[] = [
  ...golden,
  { label: 'clone:none', number: numbers.clone, args: [plainClone, 0, 0, 0, 0] },
  ...Object.entries(namespaces).map(([name, flag]) => ({
    label: `clone:${name}`,
    number: numbers.clone,
    args: [plainClone + flag, 0, 0, 0, 0],
  })),
  ...Array.from({ length: 48 }, (_unused, family) => [
    { label: `socket:${family}`, number: numbers.socket, args: [family, 2, 0] },
    { label: `socketpair:${family}`, number: numbers.socketpair, args: [family, 2, 0, 0] },
  ]).flat(),
  ...Array.from({ length: 24 }, (_unused, protocol) => ({
    label: `netlink:${protocol}`,
    number: numbers.socket,
    args: [16, 3, protocol],
  })),
  ...[1, 2, 3, 5, 6].flatMap((type) =>
    [0, 1, 2, 6, 17, 33, 46, 58, 115, 132, 136, 143, 255, 262].map((protocol) => ({
      label: `inet:${type}:${protocol}`,
      number: numbers.socket,
      args: [2, type, protocol],
    })),
  ),
  // The kernel cuts a family to 32 bits, the filter sees all 64.
  { label: 'socket:wide', number: numbers.socket, args: [2 ** 32 + 40, 1, 0] },
  { label: 'personality:asked', number: numbers.personality, args: [0xff_ff_ff_ff] },
  { label: 'personality:fixed', number: numbers.personality, args: [0x4_00_00] },
];

/** What follows `start` in the labels of those that were let through. */
export const allowed = (outcomes: ReadonlyMap<string, Outcome>, start: string): string[] =>
  [...outcomes]
    .filter(([label, outcome]) => label.startsWith(start) && !refusedOutcomes.includes(outcome))
    .map(([label]) => label.slice(start.length));

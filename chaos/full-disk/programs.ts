/** A job that fills what it can reach. */
export interface FillingProgram {
  readonly name: string;
  readonly script: string;
  /** Whether it goes on until it is ended on behalf of the disk. */
  readonly isEnded: boolean;
}

/** Folders a job can write, and whether they are on the disk of the node. */
const places = [
  { name: 'its workspace', path: '/workspace', onDisk: true },
  { name: 'its artifacts', path: '/job/artifacts', onDisk: true },
  { name: 'a folder of the image', path: '/var/tmp', onDisk: true },
  { name: '/tmp', path: '/tmp', onDisk: false },
] as const;

/** Waits for its end, so that what was filled stays filled. */
const stay = 'sleep 300';

/** Ways of filling the current folder. */
const ways: Readonly<Record<string, string>> = {
  'one file': `dd if=/dev/zero of=big bs=1M 2>/dev/null; ${stay}`,
  'a line after the other': `yes "a line of a log that nobody reads" > log; ${stay}`,
  'many files at once': `for i in 1 2 3 4 5 6 7 8; do (dd if=/dev/zero of=f$i bs=64K 2>/dev/null; ${stay}) & done; wait`,
  'room that is only claimed': `for size in 64M 8M 1M 128K 16K 4K; do i=0; while fallocate -l $size c$size$i 2>/dev/null; do i=$((i+1)); done; done; ${stay}`,
  'very many files': `i=0; while :; do i=$((i+1)); : > f$i || break; done; ${stay}`,
  'folders in folders': `while mkdir d && cd d && dd if=/dev/zero of=f bs=256K count=4 2>/dev/null; do :; done; ${stay}`,
  'a file that shrinks and grows': `while :; do dd if=/dev/zero of=a bs=1M count=4000 2>/dev/null; rm a; done`,
  'a file, deaf to signals': `trap "" TERM INT HUP; while :; do cat /dev/zero >> a; done`,
  'files that are open and gone': `exec 3> a; rm a; while :; do cat /dev/zero >&3; sleep 0.1; done`,
};

const onDisk: readonly FillingProgram[] = places.flatMap(({ name, path, onDisk: isEnded }) =>
  Object.entries(ways).map(([way, script]) => ({
    name: `fills ${name} with ${way}`,
    script: `cd ${path}\n${script}`,
    isEnded,
  })),
);

const gibibyte = 1024 ** 3;

const outputs: readonly FillingProgram[] = [
  { name: 'its output', script: `yes | head -c ${gibibyte}` },
  { name: 'its errors', script: `yes | head -c ${gibibyte} >&2` },
  {
    name: 'both streams at once',
    script: `yes | head -c ${gibibyte} & yes | head -c ${gibibyte} >&2; wait`,
  },
  {
    name: 'its output with one line',
    script: `head -c ${gibibyte} /dev/zero | tr "\\0" x`,
  },
].map(({ name, script }) => ({ name: `fills ${name}`, script, isEnded: false }));

/** Forty programs: every place in every way, and every stream. */
export const fillingPrograms: readonly FillingProgram[] = [...onDisk, ...outputs];

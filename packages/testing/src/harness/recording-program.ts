import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One start of a recorded program. */
export interface ProgramStart {
  /** Ms since the epoch, to the microsecond. */
  readonly at: number;
  /** The words of its command line that say what is run and for whom. */
  readonly words: readonly string[];
}

/**
 * Notes when it was started and the words that matter, then becomes the real program. Nothing starts unless the note
 * was written; a note is one short write at the end of the file, so that no two mix.
 */
const script = (notes: string, real: string): string => `#!/bin/bash
line=$EPOCHREALTIME
for word; do
  case $word in run | --name=* | --root=* | --label=*) line+=" $word" ;; esac
done
printf '%s\\n' "$line" >>'${notes}' || exit 125
exec '${real}' "$@"
`;

/**
 * In a mount namespace of its own, puts the recorder in the place of the program and keeps the real one beside it:
 * a node finds programs in the system's folders only, and nobody else on the machine sees the recorder.
 */
const inNamespace = `mount --bind "$1" "$2/real" && mount --bind "$2/recorder" "$1" && shift 2 && exec "$@"`;

/** Stands in the place of a program and keeps one line for each of its starts: events, not looks. */
export class RecordingProgram {
  /** What to start by hand. */
  readonly path: string;
  readonly #directory: string;
  readonly #notes: string;

  private constructor(directory: string, notes: string) {
    this.#directory = directory;
    this.#notes = notes;
    this.path = join(directory, 'recorder');
  }

  /** Makes one that becomes `real`, or what `placeOf` puts beside it. @param directory empty, without quotes in its path. */
  static make(directory: string, real = join(directory, 'real')): RecordingProgram {
    const recorder = RecordingProgram.at(directory);
    writeFileSync(recorder.#notes, '', { flag: 'a' });
    writeFileSync(join(directory, 'real'), '', { flag: 'a' });
    writeFileSync(recorder.path, script(recorder.#notes, real));
    chmodSync(recorder.path, 0o755);
    return recorder;
  }

  /** The one that was made there. */
  static at(directory: string): RecordingProgram {
    return new RecordingProgram(directory, join(directory, 'starts'));
  }

  /** A command line that runs `command` where this stands in the place of `program` (absolute); for root only. */
  placeOf(program: string, command: readonly string[]): readonly [string, ...string[]] {
    const own = ['--mount', '--propagation=private', 'sh', '-c', inNamespace, 'sh'];
    return ['unshare', ...own, program, this.#directory, ...command];
  }

  /** Every start up to now, in order. */
  starts(): readonly ProgramStart[] {
    const lines = readFileSync(this.#notes, 'utf8').split('\n');
    return lines.filter(Boolean).map((line) => {
      const [stamp, ...words] = line.split(' ');
      return { at: Number(stamp) * 1000, words };
    });
  }
}

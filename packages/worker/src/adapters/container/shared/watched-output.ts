import type { SandboxSinks } from '../../../ports/sandbox-engine.ts';
import { SureOutput } from './sure-output.ts';

const stderrKept = 4096;

/** Output on its way to the sinks, and what is needed to tell a fault of the engine from one of the job. */
export class WatchedOutput implements SandboxSinks {
  readonly stdout: SandboxSinks['stdout'];
  readonly stderr: SandboxSinks['stderr'];
  #silent = true;
  #firstWords = '';

  constructor(sinks: SandboxSinks) {
    const { heard } = sinks;
    const sure = heard && new SureOutput(heard.stderr);
    this.stdout = {
      write: (chunk, at) => {
        this.#silent = false;
        sinks.stdout.write(chunk, at);
        heard?.stdout.write(chunk, at);
      },
      omit: (bytes) => {
        sinks.stdout.omit?.(bytes);
        heard?.stdout.omit?.(bytes);
      },
    };
    this.stderr = {
      write: (chunk, at) => {
        const room = stderrKept - this.#firstWords.length;
        if (room > 0) {
          this.#firstWords += Buffer.from(chunk.subarray(0, room)).toString('latin1');
        }
        sinks.stderr.write(chunk, at);
        sure?.write(chunk, at);
      },
      omit: (bytes) => {
        sinks.stderr.omit?.(bytes);
        heard?.stderr.omit?.(bytes);
      },
    };
  }

  /** Whether nothing was written to standard output. */
  get silent(): boolean {
    return this.#silent;
  }

  /** The first 4 KiB of standard error. */
  get firstWords(): string {
    return this.#firstWords;
  }
}

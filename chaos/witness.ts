import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HistoryEvent } from './history.ts';

/**
 * An outside witness of what really ran: a `podman` first on a node's path that notes start and end of every
 * sandbox with the host's clock, and otherwise hands over to the real one.
 */
export class EngineWitness {
  readonly directory: string;
  readonly #file: string;
  readonly #node: string;

  constructor(directory: string, node: string) {
    this.directory = directory;
    this.#file = join(directory, 'runs');
    this.#node = node;
    mkdirSync(directory, { recursive: true });
    const script = `#!/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
name=
for word in "$@"; do
  case $word in --name=cynode-sandbox-*) name=\${word#--name=cynode-sandbox-} ;; cynode-sandbox-*) [ "$before" = --name ] && name=$word ;; esac
  before=$word
done
name=\${name#cynode-sandbox-}
case " $* " in *" run "*) ;; *) name= ;; esac
[ -n "$name" ] || exec podman "$@"
echo "start $name $(date +%s%3N)" >>${this.#file}
podman "$@"
code=$?
echo "end $name $(date +%s%3N) $code" >>${this.#file}
exit $code
`;
    writeFileSync(join(directory, 'podman'), script);
    chmodSync(join(directory, 'podman'), 0o755);
  }

  /** Everything seen so far. */
  events(): HistoryEvent[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, 'utf8').trim().split('\n');
    return lines.map((line): HistoryEvent => {
      const [kind, jobId = '', at, code] = line.split(' ');
      const seen = { at: Number(at), jobId, node: this.#node };
      return kind === 'start'
        ? { ...seen, what: 'engine_start' }
        : { ...seen, what: 'engine_end', code: Number(code) };
    });
  }
}

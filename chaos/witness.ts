import { readFileSync, readdirSync } from 'node:fs';
import type { HistoryEvent } from './history.ts';

/** How often the process table is read, ms; every sandbox lives several times longer. */
const pollMs = 15;

interface Sighting {
  readonly jobId: string;
  readonly node: string;
  readonly at: number;
}

/**
 * An outside witness of what really ran: it reads the host's process table and notes when an engine client that runs
 * a sandbox appears and when it is gone. No part of the product knows of it.
 */
export class EngineWitness {
  readonly #directory: string;
  readonly #running = new Map<string, Sighting>();
  readonly #other = new Set<string>();
  readonly #events: HistoryEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param directory only engines whose storage lies below it are watched. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), pollMs);
  }

  /** Everything seen so far; watching ends. */
  stop(): readonly HistoryEvent[] {
    clearInterval(this.#timer);
    return this.#events;
  }

  #look(): void {
    const at = Date.now();
    const pids = new Set(readdirSync('/proc').filter((name) => name >= '0' && name <= '9~'));
    for (const pid of pids) {
      if (this.#running.has(pid) || this.#other.has(pid)) continue;
      const words = read(`/proc/${pid}/cmdline`).split('\0');
      const sighting = this.#sandboxOf(words, at);
      if (sighting === undefined) {
        // A fork looks like its parent until it executes its program: such a one is looked at again.
        if (!mayBecomeEngine(words)) this.#other.add(pid);
      } else {
        const { jobId, node } = sighting;
        if (!this.#runs(sighting)) this.#events.push({ at, what: 'engine_start', jobId, node });
        this.#running.set(pid, sighting);
      }
    }
    for (const [pid, sighting] of this.#running) {
      if (pids.has(pid) && !isZombie(pid)) continue;
      this.#running.delete(pid);
      const { jobId, node } = sighting;
      if (!this.#runs(sighting)) this.#events.push({ at, what: 'engine_end', jobId, node });
    }
    for (const pid of this.#other) if (!pids.has(pid)) this.#other.delete(pid);
  }

  /** The engine's client forks while it works: several processes may be one run. */
  #runs({ jobId, node }: Sighting): boolean {
    return [...this.#running.values()].some(
      (other) => other.jobId === jobId && other.node === node,
    );
  }

  #sandboxOf(words: readonly string[], at: number): Sighting | undefined {
    if (words[0]?.endsWith('podman') !== true) return undefined;
    const name = words.find((word) => word.startsWith('--name=cynode-sandbox-'));
    const storage = words.find((word) => word.startsWith(`--root=${this.#directory}/`));
    if (name === undefined || storage === undefined || !words.includes('run')) return undefined;
    const node = storage.slice(`--root=${this.#directory}/`.length).split('/')[0] ?? '';
    return { jobId: name.slice('--name=cynode-sandbox-'.length), node, at };
  }
}

function mayBecomeEngine([program = '']: readonly string[]): boolean {
  return program === '' || program.includes('node') || program.endsWith('podman');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isZombie(pid: string): boolean {
  return /\) [ZX] /.test(read(`/proc/${pid}/stat`));
}

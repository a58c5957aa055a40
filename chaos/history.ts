import { appendFileSync } from 'node:fs';

/** One thing that happened, as the recorder saw it. Times are ms since the epoch on this host's clock. */
export type HistoryEvent =
  | { readonly at: number; readonly what: 'submitted'; readonly taskId: string }
  /** A task in plain words was accepted, for which so many steps are planned. */
  | {
      readonly at: number;
      readonly what: 'asked';
      readonly taskId: string;
      readonly steps: number;
    }
  /** How such a task ended: with how many jobs, and how many steps that an agent found good. */
  | {
      readonly at: number;
      readonly what: 'task_final';
      readonly taskId: string;
      readonly status: string;
      readonly jobs: number;
      readonly passed: number;
      readonly summary: string;
    }
  | {
      readonly at: number;
      readonly what: 'fault';
      readonly role: string;
      readonly action: 'kill' | 'freeze';
    }
  | { readonly at: number; readonly what: 'back'; readonly role: string }
  /** A lease of a job began on a node, as the database saw it. */
  | {
      readonly at: number;
      readonly what: 'lease';
      readonly jobId: string;
      readonly node: string;
    }
  /** An engine was started for a job; how it ended does not matter. */
  | {
      readonly at: number;
      readonly what: 'engine_start';
      readonly jobId: string;
      readonly node: string;
    }
  | {
      readonly at: number;
      readonly what: 'job_final';
      readonly taskId: string;
      readonly jobId: string;
      readonly status: string;
      readonly attempt: number;
      /** Attempts that started nothing, because the job was not taken or its run was under way already. */
      readonly freeAttempts: number;
      /** A model answered it; no engine ran. */
      readonly isAnswer: boolean;
      /** How it ended, for a job that did not end well. */
      readonly reason?: string;
    };

/** Keeps every event, in memory and as JSON lines in a file. */
export class Recorder {
  readonly events: HistoryEvent[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add(event: HistoryEvent): void {
    this.events.push(event);
    appendFileSync(this.#file, `${JSON.stringify(event)}\n`);
  }
}

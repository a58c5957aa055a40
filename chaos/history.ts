import { appendFileSync } from 'node:fs';

/** One thing that happened, as the recorder saw it. Times are ms since the epoch on this host's clock. */
export type HistoryEvent =
  | { readonly at: number; readonly what: 'submitted'; readonly taskId: string }
  | {
      readonly at: number;
      readonly what: 'fault';
      readonly role: string;
      readonly action: 'kill' | 'freeze';
    }
  | { readonly at: number; readonly what: 'back'; readonly role: string }
  | {
      readonly at: number;
      readonly what: 'engine_start';
      readonly jobId: string;
      readonly node: string;
    }
  | {
      readonly at: number;
      readonly what: 'engine_end';
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

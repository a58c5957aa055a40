import { Histogram, type MetricFamily } from '../observe/index.ts';

/** Upper bounds of how long a request takes, s; a held one is answered after a minute at most, a job's takes hours. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600] as const;

interface Met {
  readonly durations: Histogram;
  readonly byClass: Map<string, number>;
}

/** Counts the requests of a server by operation and class of status; its size is bounded by the routes. */
export class RequestMeter {
  readonly #operations = new Map<string, Met>();

  add(operation: string, status: number, seconds: number): void {
    let met = this.#operations.get(operation);
    if (met === undefined) {
      met = { durations: new Histogram(bounds), byClass: new Map() };
      this.#operations.set(operation, met);
    }
    met.durations.add(seconds);
    const statusClass = `${Math.floor(status / 100)}xx`;
    met.byClass.set(statusClass, (met.byClass.get(statusClass) ?? 0) + 1);
  }

  families(): readonly MetricFamily[] {
    const all = [...this.#operations];
    return [
      {
        name: 'cynode_http_requests_total',
        help: 'Requests that were answered, by operation and class of status',
        type: 'counter',
        samples: all.flatMap(([operation, { byClass }]) =>
          [...byClass].map(([statusClass, value]) => ({
            labels: { operation, status: statusClass },
            value,
          })),
        ),
      },
      {
        name: 'cynode_http_request_duration_seconds',
        help: 'How long requests took, by operation',
        type: 'histogram',
        samples: all.flatMap(([operation, { durations }]) => durations.samples({ operation })),
      },
    ];
  }
}

import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { type MetricFamily, gauge } from './metrics.ts';

/** How finely it is watched whether the event loop is late, ms. */
const resolutionMs = 20;
const nanoseconds = 1e9;

let delay: ReturnType<typeof monitorEventLoopDelay> | undefined;

/** The longest time the event loop was late since it was asked last, s; watched from the first question on. */
function loopLag(): number {
  if (delay === undefined) {
    delay = monitorEventLoopDelay({ resolution: resolutionMs });
    delay.enable();
    return 0;
  }
  const seconds = delay.count === 0 ? 0 : delay.max / nanoseconds - resolutionMs / 1000;
  delay.reset();
  return Math.max(0, seconds);
}

/** Memory, processor time and event loop of this process. */
export function processMetrics(): readonly MetricFamily[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    gauge('cynode_process_uptime_seconds', 'Time since the process started', process.uptime()),
    gauge('cynode_process_resident_memory_bytes', 'Memory of the process', rss),
    gauge('cynode_process_heap_used_bytes', 'Memory in use by JavaScript objects', heapUsed),
    {
      name: 'cynode_process_cpu_seconds_total',
      help: 'Processor time of the process',
      type: 'counter',
      samples: [{ value: (user + system) / 1e6 }],
    },
    gauge(
      'cynode_event_loop_lag_max_seconds',
      'Longest time the event loop was late since the last look',
      loopLag(),
    ),
  ];
}

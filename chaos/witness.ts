import type { RecordingProgram } from '@cynodeai/testing/harness';
import type { HistoryEvent } from './history.ts';

type EngineStart = Extract<HistoryEvent, { what: 'engine_start' }>;

const namePrefix = '--name=cynode-sandbox-';

/**
 * Which sandboxes were started, by the program that stands in the engine's place: one event for each start, however
 * short the run, also for one that was killed at once. No part of the product knows of it.
 * @param directory only engines whose storage lies below it are meant; its folders bear the nodes' names.
 */
export function engineStarts(recorder: RecordingProgram, directory: string): EngineStart[] {
  const storage = `--root=${directory}/`;
  return recorder.starts().flatMap(({ at, words }): EngineStart[] => {
    const name = words.find((word) => word.startsWith(namePrefix));
    const root = words.find((word) => word.startsWith(storage));
    if (name === undefined || root === undefined || !words.includes('run')) return [];
    const node = root.slice(storage.length).split('/')[0] ?? '';
    return [{ at, what: 'engine_start', jobId: name.slice(namePrefix.length), node }];
  });
}

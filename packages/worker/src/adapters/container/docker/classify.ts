import {
  isImageMissing,
  type NotStarted,
  reasons,
  refusedCommand,
} from '../shared/exit-reasons.ts';
import { type DaemonAnswer, daemonMessage } from './daemon.ts';

const unusableCommand =
  /no such file or directory|not found|permission denied|exec format error|is a directory/i;

/**
 * What it means that the daemon did not create or start a container.
 * See docs/reference/worker-api.md#run-results.
 */
export function classifyRefusal(answer: DaemonAnswer): NotStarted {
  const message = daemonMessage(answer);
  if (answer.status === 404 && isImageMissing(message)) {
    return { kind: 'not_started', exitCode: 125, reason: reasons.imageMissing };
  }
  if (message.includes('exec') && unusableCommand.test(message)) return refusedCommand(message);
  return { kind: 'not_started', exitCode: 125, reason: reasons.create };
}

/** The init process could not start the command; it is the engine's program, not the job's. */
const initFault = /^\[FATAL tini \(\d+\)\] exec .* failed: (.*)\n$/;

/** What a silent end with these words means; undefined when they are the job's own. */
export function initRefusal(exitCode: number, stderr: string): NotStarted | undefined {
  const fault = initFault.exec(stderr)?.[1];
  if (fault === undefined || (exitCode !== 126 && exitCode !== 127)) return undefined;
  return refusedCommand(fault);
}

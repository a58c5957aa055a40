import {
  isImageMissing,
  longestStartMs,
  type NotStarted,
  reasons,
  refusedCommand,
} from '../shared/exit-reasons.ts';

/** What is known about an engine call once it has ended. */
export interface EndedCall {
  /** Exit code of the engine's client; null when a signal ended it. */
  readonly code: number | null;
  /** Whether the container's first process existed. */
  readonly started: boolean;
  /** Whether the run was still to go on when the call ended. */
  readonly wanted: boolean;
  /** How long that process was there, ms; 0 where there was none. */
  readonly ageMs: number;
  /** Whether the job wrote nothing to its standard output. */
  readonly silent: boolean;
  /** The first 4 KiB of standard error. */
  readonly stderr: string;
}

/** What the end means for the job. */
export type Verdict =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | NotStarted
  /** What an earlier run of this job left was in the way. */
  | { readonly kind: 'name_taken' }
  /** It was ended in the middle of its start: what the client says about that is not the job's. */
  | { readonly kind: 'not_wanted' }
  /** Processes or threads were wanting: nothing of the command ran. */
  | { readonly kind: 'start_lost' }
  /** The client was killed or gave no answer that fits. */
  | { readonly kind: 'engine_fault' };

/** The init process could not replace itself by the command; it is the engine's program, not the job's. */
const initFault = /^ERROR \(catatonit:\d+\): failed to exec pid1: (.*)\n$/;

/** The init process could not make the process the command was to become. */
const initAlone = /^ERROR \(catatonit:\d+\): failed to fork child: [^\n]*\n$/;

/** How the engine's programs say that the kernel gave them no process, thread or memory. */
const wanting =
  /Resource temporarily unavailable|pthread_create failed|failed to create new OS thread|Cannot allocate memory/i;

/**
 * The client lost the container between its creation and its start, for instance because the kernel killed it for want
 * of memory. The words name paths of the host.
 */
const lostFault = /^Error: failed to connect to container's attach socket: [^\n]*\n$/;

/** How the client begins to say why it did not bring a container up, behind what its runtime logged about it. */
const clientFault = /^(?:time="[^\n]*\n)*Error: /;

/** Whether a run that was to end anyway ended in the middle of its start, although its first process existed. */
function endedInStart({ code, wanted, silent, stderr }: EndedCall): boolean {
  const isClients = code !== null && code >= 125 && code <= 127;
  return !wanted && silent && isClients && clientFault.test(stderr);
}

/** The end of a call whose container had its first process, which may have been the engine's init alone. */
function classifyStarted({ code, silent, stderr, ageMs }: EndedCall): Verdict {
  if (code === null) return { kind: 'engine_fault' };
  if (ageMs > longestStartMs) return { kind: 'exited', exitCode: code };
  if (silent && code === 127 && lostFault.test(stderr)) {
    return { kind: 'not_started', exitCode: 125, reason: reasons.create };
  }
  if (silent && code === 1 && initAlone.test(stderr)) return { kind: 'start_lost' };
  const fault = silent && code === 1 ? initFault.exec(stderr)?.[1] : undefined;
  return fault === undefined ? { kind: 'exited', exitCode: code } : refusedCommand(fault);
}

/** The end of a call that brought no process about. */
function classifyUnstarted({ code, stderr }: EndedCall): Verdict {
  if (code !== 0 && wanting.test(stderr)) return { kind: 'start_lost' };
  if (code === 127) return refusedCommand('not found');
  if (code === 126) return refusedCommand(stderr.includes('permission') ? '' : stderr);
  if (code !== 125) return { kind: 'engine_fault' };
  if (/\bname\b.*\bis already in use\b/.test(stderr)) return { kind: 'name_taken' };
  const reason = isImageMissing(stderr) ? reasons.imageMissing : reasons.create;
  return { kind: 'not_started', exitCode: 125, reason };
}

/**
 * Tells the exit code of a job from a fault of the engine: 125 create, 126 not executable, 127 not
 * found. See docs/reference/worker-api.md#run-results.
 */
export function classifyExit(call: EndedCall): Verdict {
  if (endedInStart(call)) return { kind: 'not_wanted' };
  return call.started ? classifyStarted(call) : classifyUnstarted(call);
}

/**
 * Short reasons a job gives in its standard error when its command never ran.
 * See docs/reference/worker-api.md#run-results.
 */
export const reasons = {
  notFound: 'the command was not found in the image',
  notExecutable: 'the command cannot be executed',
  imageMissing: 'the image is not present on this node',
  create: 'the sandbox could not be created',
} as const;

/** True when the engine says that it does not have the image. */
export function isImageMissing(message: string): boolean {
  return /image not known|no such image/i.test(message);
}

const notFound = /no such file or directory|not found/i;

/**
 * A container that lasted longer than this, ms, was its command, whatever it wrote: an init process that cannot start
 * the command says so within moments. What a job does that imitates one is bounded by it.
 */
export const longestStartMs = 10_000;

/** A command that never ran: 125 create, 126 not executable, 127 not found. */
export interface NotStarted {
  readonly kind: 'not_started';
  readonly exitCode: 125 | 126 | 127;
  readonly reason: string;
}

/** What the words of an init process or a runtime that could not start a command mean. */
export function refusedCommand(message: string): NotStarted {
  return notFound.test(message)
    ? { kind: 'not_started', exitCode: 127, reason: reasons.notFound }
    : { kind: 'not_started', exitCode: 126, reason: reasons.notExecutable };
}

import { isatty } from 'node:tty';

const lookEveryMs = 500;
const standardStreams = [0, 1, 2] as const;

/**
 * Tells once that a terminal this process was started on is gone. The kernel says so to the leader of the session
 * alone, and a leader need not pass it on. It keeps no process alive.
 */
export function onClosedTerminal(closed: () => void): void {
  const terminals = standardStreams.filter((fd) => isatty(fd));
  if (terminals.length === 0) return;
  const timer = setInterval(() => {
    if (terminals.every((fd) => isatty(fd))) return;
    clearInterval(timer);
    closed();
  }, lookEveryMs).unref();
}

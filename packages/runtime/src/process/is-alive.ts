import process from 'node:process';
import { errorCodeOf } from '../std/index.ts';

/** True when a process of this id exists, whoever owns it. A number is used again some day: this is a hint, no lock. */
export function isAlive(pid: number): boolean {
  // 0 and negative numbers name groups of processes.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCodeOf(error) === 'EPERM';
  }
}

import type { InputMode } from '@cynodeai/contracts/gateway';

/** What the flags of `task create` say. Contract 05 section 7.1. */
export interface TaskInputFlags {
  readonly prompt?: string;
  readonly taskFile?: string;
  readonly script?: string;
  readonly command?: readonly string[];
  readonly commandsFile?: string;
  readonly inputMode?: InputMode;
  readonly attach?: readonly string[];
  readonly name?: string;
  readonly projectId?: string;
  readonly useInference?: boolean;
  /** Time limit of the job, seconds; for a script or commands only. */
  readonly timeoutSeconds?: number;
}

import { type ProgressOptions, Progress as NamedProgress } from '@cynodeai/command-line/output';

/** Progress in the name of this program. */
export class Progress extends NamedProgress {
  constructor(options: Omit<ProgressOptions, 'name'> = {}) {
    super({ ...options, name: 'cynode' });
  }
}

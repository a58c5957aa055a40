import { freeTaskNumber } from '../../domain/tasks/task-name.ts';
import type { TaskTransaction } from '../../ports/tasks.ts';

const maxRemembered = 10_000;

/**
 * Which number a user's task name was given last, so that a name that comes again needs no search. Only a hint: the
 * database refuses a name that is taken, whoever took it.
 */
export class TaskNumbers {
  readonly #last = new Map<string, number>();

  /** The number to try first. */
  next(createdBy: string, base: string): number {
    return (this.#last.get(`${createdBy} ${base}`) ?? 0) + 1;
  }

  given(createdBy: string, base: string, number: number): void {
    const key = `${createdBy} ${base}`;
    this.#last.delete(key);
    this.#last.set(key, number);
    const [oldest] = this.#last.keys();
    if (this.#last.size > maxRemembered && oldest !== undefined) this.#last.delete(oldest);
  }
}

/**
 * Creates a task under the lowest free number of a name. Numbering is serialised per creator and
 * name until the transaction ends. See docs/reference/tasks-and-jobs.md#names.
 * @param create undefined when the creator has a task of that name and number.
 */
export async function createNumbered<T>(
  transaction: Pick<TaskTransaction, 'lockName' | 'takenNames'>,
  createdBy: string,
  base: string,
  create: (number: number) => Promise<T | undefined>,
): Promise<T> {
  await transaction.lockName(createdBy, base);
  for (;;) {
    const number = await freeTaskNumber(base, (names) => transaction.takenNames(createdBy, names));
    // Somebody may ask for exactly this name without numbering; then look again.
    const created = await create(number);
    if (created !== undefined) return created;
  }
}

import { type TaskNameChoice, freeTaskName } from '../../domain/tasks/task-name.ts';
import type { NewTask, TaskTransaction } from '../../ports/tasks.ts';

/**
 * Inserts the task under the name chosen, or that name with the lowest free number when the creator has it already.
 * Numbering is serialised per creator and name until the transaction ends. Contract 04 section 9.1.
 */
export async function insertNamedTask(
  transaction: TaskTransaction,
  choice: TaskNameChoice,
  unnamed: Omit<NewTask, 'name'>,
): Promise<string> {
  if (await transaction.insertTask({ ...unnamed, name: choice.name })) return choice.name;
  await transaction.lockName(unnamed.createdBy, choice.name);
  for (;;) {
    const name = await freeTaskName(choice.name, (names) =>
      transaction.takenNames(unnamed.createdBy, names),
    );
    // Somebody may ask for exactly this name without numbering; then look again.
    if (await transaction.insertTask({ ...unnamed, name })) return name;
  }
}

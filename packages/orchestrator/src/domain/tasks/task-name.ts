import { limits } from '@cynodeai/contracts/common';

const promptWords = 6;
const uuidLike = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/;

/** Lower case, every run of other characters one dash, none at the ends, at most 63 characters; may be empty. */
export function normaliseTaskName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, limits.taskNameChars + 1)
    .replace(/^-/, '')
    .slice(0, limits.taskNameChars)
    .replace(/-$/, '');
}

/** A name must not be mistaken for an id. */
function apartFromIds(name: string): string {
  return uuidLike.test(name) ? `task-${name}` : name;
}

export interface TaskNameChoice {
  readonly name: string;
  /** Made up from the text; whoever plans the task may replace it once. */
  readonly provisional: boolean;
}

/**
 * The wanted name, else the first words of the text, else `task`.
 * See docs/reference/tasks-and-jobs.md#names.
 */
export function chooseTaskName(wanted: string | undefined, text: string): TaskNameChoice {
  const given = normaliseTaskName(wanted ?? '');
  if (given !== '') return { name: apartFromIds(given), provisional: false };
  const words = text.slice(0, 1000).trim().split(/\s+/).slice(0, promptWords).join(' ');
  const made = normaliseTaskName(words);
  return { name: made === '' ? 'task' : apartFromIds(made), provisional: true };
}

/** The name with `-<number>` appended from number 2 on, still at most 63 characters. */
export function numberedTaskName(base: string, number: number): string {
  if (number === 1) return base;
  const suffix = `-${number}`;
  return `${base.slice(0, limits.taskNameChars - suffix.length).replace(/-$/, '')}${suffix}`;
}

/** Most numbers one look at the names covers. */
const span = 32;

/**
 * Finds the lowest free number in few looks, also when thousands are taken: numbers are handed out without gaps,
 * so it gallops over powers of two, then narrows. `takenOf` answers which of the given names exist.
 */
export async function freeTaskNumber(
  base: string,
  takenOf: (names: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  const firstFree = async (numbers: readonly number[]): Promise<number | undefined> => {
    const taken = await takenOf(numbers.map((number) => numberedTaskName(base, number)));
    return numbers.find((number) => !taken.has(numberedTaskName(base, number)));
  };
  let low = 1;
  let high = 2 ** 30;
  const powers = Array.from({ length: 30 }, (_, exponent) => 2 ** exponent);
  const power = await firstFree(powers);
  if (power !== undefined) [low, high] = [power / 2, power];
  while (high - low > 1) {
    const step = Math.max(1, Math.floor((high - low) / span));
    const numbers: number[] = [];
    for (let number = low + step; number < high; number += step) numbers.push(number);
    const free = await firstFree(numbers);
    if (free === undefined) low = numbers.at(-1) ?? high - 1;
    else [low, high] = [free - step, free];
  }
  return high;
}

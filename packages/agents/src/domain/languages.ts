import type { Plan } from '@cynodeai/contracts/agents';
import { isRecord, trimEnd } from '@cynodeai/runtime/std';

const lower = (text: string): string => text.trim().toLowerCase();
const words = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string').map(lower) : [];

/** Programs that run a language and are not called like it. */
const programs: Readonly<Record<string, readonly string[]>> = {
  javascript: ['node', 'deno', 'bun'],
  typescript: ['tsx', 'ts-node'],
  shell: ['sh', 'bash', 'dash'],
};

function ranked(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    const language = isRecord(each) ? each['language'] : each;
    return typeof language === 'string' ? [lower(language)] : [];
  });
}

type Preferences = Readonly<Record<string, unknown>>;

/** Languages a plan must do without. */
export function disallowedLanguages(preferences: Preferences): string[] {
  return words(preferences['code.language.disallowed']);
}

/** Whether preferences leave no language at all. */
export function leavesNoLanguage(preferences: Preferences): boolean {
  const wanted = ranked(preferences['code.language.rank_ordered']);
  const disallowed = new Set(disallowedLanguages(preferences));
  return wanted.length > 0 && wanted.every((language) => disallowed.has(language));
}

/** Commands of a plan that run a language which is not allowed. */
export function languageFaults(plan: Plan, preferences: Preferences): string[] {
  const disallowed = disallowedLanguages(preferences);
  return plan.steps.flatMap((step, index) => {
    if (step.kind !== 'sandbox_command') return [];
    const name = step.command[0]?.split('/').at(-1) ?? '';
    const program = trimEnd(lower(name), '.0123456789');
    const found = disallowed.find(
      (language) => language === program || programs[language]?.includes(program),
    );
    return found === undefined
      ? []
      : [`steps.${index}.command: ${name} runs ${found}, which the user does not allow`];
  });
}

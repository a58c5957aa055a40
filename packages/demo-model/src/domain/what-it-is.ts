/** Who it is, in one sentence. */
export const whoItIs =
  'I am cynode-demo, a rule-based stand-in for a language model: a small program with fixed rules, not a neural network.';

/** What it has rules for. */
export const whatItCanDo =
  'I can do arithmetic, say which model I am, count words, lines and characters of quoted text or attached files, ' +
  'list and summarise attached files, and ask for a command to be run where tools are offered. ' +
  'For anything else, connect a real model.';

/** Begins the words about what no rule fits. */
export const noRuleFor = 'I have no rule for';

/** Whether an answer of this model says that it does not know. */
export function hasNoRule(answer: string): boolean {
  return answer.includes(noRuleFor) || answer.includes(`${whoItIs} ${whatItCanDo}`);
}

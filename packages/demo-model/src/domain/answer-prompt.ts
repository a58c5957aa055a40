import { type WantedCommand, findCommands } from './rules/find-commands.ts';
import { countsRule } from './rules/counts.ts';
import { identityRule } from './rules/identity.ts';
import { listsRule } from './rules/lists.ts';
import type { Rule } from './rules/rule.ts';
import { summariesRule, summariseAll } from './rules/summaries.ts';
import { sumsRule } from './rules/sums.ts';
import { clipLine } from './text/clip.ts';
import { type Question, maxQuestionLength } from './text/question.ts';
import { maskSpans } from './text/quotes.ts';
import { type Segment, segmentsOf } from './text/segments.ts';
import { noRuleFor, whatItCanDo, whoItIs } from './what-it-is.ts';

const rules: readonly Rule[] = [identityRule, sumsRule, countsRule, listsRule, summariesRule];

/** Part of an answer and where in the prompt it was asked for. */
interface Part {
  readonly at: number;
  readonly text: string;
}

/** Most questions that are named as not understood, and how long they are shown. */
const maxUnknown = 3;
const maxUnknownCharacters = 80;

/** Says nothing that needs an answer. */
const politeness =
  /^\W*(?:(?:please|thanks?|thank you|hi|hello|hey|ok|okay|good (?:morning|day|evening)|and|then|also|there|so|very much)\W*)*$/i;
/** Belongs to the command beside it. */
const showIt =
  /^\W*(?:please\s)?(?:show|tell|give|print|report|return)\b.{0,40}\b(?:output|results?|answer|prints?|says?|it)\W*$/i;

/** What a caller does with the commands a prompt wants run. */
export type CommandAnswer = (command: string, index: number) => string;

/** What the prompt wants run, and the rest of it. */
export interface ReadPrompt {
  readonly question: Question;
  readonly commands: readonly WantedCommand[];
}

/** Looks for commands in a prompt. */
export function readPrompt(question: Question): ReadPrompt {
  return { question, commands: findCommands(question) };
}

/** Answers every question of a prompt, in its order. Never empty. */
export function answerPrompt({ question, commands }: ReadPrompt, run: CommandAnswer): string {
  const masked = maskSpans(question.masked, commands);
  const parts: Part[] = commands.map(({ start, command }, index) => ({
    at: start,
    text: run(command, index),
  }));
  const unknown: Segment[] = [];
  for (const segment of segmentsOf(masked)) {
    const answers = answerSegment(segment, masked, { question, commands });
    parts.push(...answers.map((text) => ({ at: segment.start, text })));
    if (answers.length === 0) unknown.push(segment);
  }
  const texts = new Set(parts.toSorted((a, b) => a.at - b.at).map(({ text }) => text));
  const known = texts.size > 0 || question.attachments.length > 0;
  if (texts.size === 0) texts.add(known ? onlyFiles(question) : `${whoItIs} ${whatItCanDo}`);
  else addUnknown(texts, unknown, question.text, masked, commands.length > 0);
  if (question.cut)
    texts.add(`I read only the first ${maxQuestionLength} characters of the prompt.`);
  return [...texts].join('\n');
}

function answerSegment(
  { start, end }: Segment,
  masked: string,
  { question, commands }: ReadPrompt,
): readonly string[] {
  const free = question.quotes.filter(
    (quote) =>
      quote.start < end &&
      quote.end > start &&
      !commands.some((command) => quote.start < command.end && quote.end > command.start),
  );
  const asked = {
    text: maskSpans(question.text, commands).slice(start, Math.max(end, free.at(-1)?.end ?? 0)),
    masked: masked.slice(start, end),
    quotes: free,
    whole: question,
  };
  return rules.flatMap((rule) => rule(asked));
}

/** Files came, and no rule knows what to do with them. */
function onlyFiles({ attachments }: Question): string {
  return `${whoItIs} ${noRuleFor} this prompt, so this is what a script can say of its files.\n${summariseAll(attachments)}`;
}

function asksSomething({ start, end }: Segment, masked: string, withCommands: boolean): boolean {
  const words = masked.slice(start, end);
  return /\p{L}/u.test(words) && !politeness.test(words) && !(withCommands && showIt.test(words));
}

/** Whether a prompt wants more than that its commands are run and shown. */
export function restNeedsAnswer({ question, commands }: ReadPrompt): boolean {
  const masked = maskSpans(question.masked, commands);
  return segmentsOf(masked).some((segment) => asksSomething(segment, masked, true));
}

function addUnknown(
  texts: Set<string>,
  unknown: readonly Segment[],
  text: string,
  masked: string,
  withCommands: boolean,
): void {
  const open = unknown.filter((segment) => asksSomething(segment, masked, withCommands));
  for (const { start, end } of open.slice(0, maxUnknown)) {
    texts.add(`${noRuleFor} "${clipLine(text.slice(start, end), maxUnknownCharacters)}".`);
  }
  if (open.length > maxUnknown) texts.add(`Nor for ${open.length - maxUnknown} more.`);
}

import { trimEnd } from '@cynodeai/runtime/std';
import type { Question } from '../text/question.ts';

/** A command that a prompt wants run; positions are those of the whole request in the prompt. */
export interface WantedCommand {
  readonly start: number;
  readonly end: number;
  readonly command: string;
}

const verb = /\b(?:run|execute|exec)\b/gi;
/** Words before the verb that say that nothing is to be run, or that only ask how. */
const refused =
  /\b(?:do not|don['’]?t|never|not|cannot|can['’]?t|won['’]?t|avoid|without|how (?:do|to|can|would|should)(?: (?:i|you|we|one))?)(?: \w{1,12})?\s{0,3}$/i;
/** Between the verb and what is in quotes. */
const filler = /^[^.?!;"'`]{0,80}$/s;
/** Between the verb and a command that is not in quotes. */
const lead =
  /^[ \t]{0,9}(?:please\b[ \t]*)?(?:(?:the|this|following|shell|bash|command|commands)\b[ \t]*){0,5}:?[ \t]*/i;
const named = /\bcommands?\b|:/i;
/** English, not the name of a program. */
const notProgram =
  /^(?:a|an|the|this|that|these|those|my|your|our|his|her|its|it|all|any|some|every|each|me|us|them|for|in|on|to|of|at|by|from|with|as|is|are|was|away|out|over|into|through|tests?|and|or|if|when|commands?|something|anything|code|time)$/i;
const program = /^(?:\.{0,2}\/)?[a-z_][\w.+-]{0,100}(?:\/[\w.+-]{1,100}){0,20}$/i;
const jointInLine =
  /[?!](?:\s|$)|\.\s+(?=(?-i:[A-Z]))|(?:,\s{0,3}(?:and\s|then\s|also\s)?|\s(?:and|then|also)\s)(?=(?:what|which|who|how|run|execute|count|list|summar\w*|calculate|compute|tell|say|show|please)\b)/i;

/** Every command the prompt names, in order, none twice. */
export function findCommands(question: Question): readonly WantedCommand[] {
  const wanted: WantedCommand[] = [];
  let from = 0;
  for (const match of question.masked.matchAll(verb)) {
    const start = match.index;
    if (start < from || refused.test(question.masked.slice(Math.max(0, start - 40), start)))
      continue;
    const after = start + match[0].length;
    const found = quotedCommands(question, start, after) ?? bareCommand(question, start, after);
    wanted.push(...found);
    from = found.at(-1)?.end ?? after;
  }
  return wanted;
}

/** `run "uname -a"`, also several: `` run `a` and then `b` ``. */
function quotedCommands(
  { text, quotes }: Question,
  start: number,
  after: number,
): readonly WantedCommand[] | undefined {
  const index = quotes.findIndex((quote) => quote.start >= after);
  const first = quotes[index];
  if (first === undefined || !filler.test(text.slice(after, first.start))) return undefined;
  // `run ls "a b"`: the quote is a part of a command that stands bare.
  if (first.style === 'words' && bareWords(text, after) !== '') return undefined;
  const found: WantedCommand[] = [];
  let from = start;
  let previous = first.start;
  for (const quote of quotes.slice(index)) {
    const between = text.slice(previous, quote.start);
    if (
      quote !== first &&
      (quote.style !== first.style || !/^[\s,]{0,5}(?:(?:and|then)[\s,]{1,5}){0,2}$/i.test(between))
    ) {
      break;
    }
    const command = quote.text.trim();
    if (command !== '') found.push({ start: from, end: quote.end, command });
    previous = quote.end;
    from = quote.end;
  }
  return found;
}

/** The rest of the line behind the verb when it reads like a command, else nothing. */
function bareWords(text: string, after: number): string {
  const lineEnd = text.indexOf('\n', after);
  const line = text.slice(after, lineEnd < 0 ? text.length : lineEnd);
  const introduction = lead.exec(line)?.[0] ?? '';
  const rest = line.slice(introduction.length);
  const command = trimEnd(rest.slice(0, jointInLine.exec(rest)?.index), ' \t.,');
  const [name = ''] = command.split(/\s/, 1);
  if (!program.test(name)) return '';
  return named.test(introduction) || !notProgram.test(name) ? command : '';
}

/** `run uname -a`. */
function bareCommand({ text }: Question, start: number, after: number): readonly WantedCommand[] {
  const command = bareWords(text, after);
  if (command === '') return [];
  return [{ start, end: text.indexOf(command, after) + command.length, command }];
}

import type { Attachment } from '../text/attachments.ts';
import { clipLine, plural } from '../text/clip.ts';
import { type Unit, measure } from '../text/measure.ts';
import { pickAttachments } from './pick-attachments.ts';
import type { Asked, Rule } from './rule.ts';

const counting = /\b(?:count|counts|how many|number of|length of)\b/i;
const unitWords = /\b(?:(words?)|(lines?)|(characters?|chars?)|(letters?)|(bytes?))\b/gi;
const units: readonly Unit[] = ['word', 'line', 'character', 'letter', 'byte'];
/** `how many r's are in strawberry`. */
const oneLetter =
  /\bhow many (?:letters? |times )?["'“‘]?(?<letter>\p{L})["'”’]?(?:['’]?s)?(?: are| is)?(?: there)?(?: in| appear in) (?:the word )?["'“‘]?(?<word>[\p{L}\p{N}_-]{2,100})/iu;
const bareWord = /\bin (?:the word )?(?<word>[\p{L}\p{N}_-]{1,100})\s*$/iu;

/** Most attachments that are counted one by one. */
const maxCounted = 50;

/** What a text wants counted. */
export function unitsOf(text: string): readonly Unit[] {
  const found = new Set<Unit>();
  for (const [, ...groups] of text.replaceAll(/\bthe word\b/gi, '').matchAll(unitWords)) {
    const unit = units[groups.findIndex((group) => group !== undefined)];
    if (unit !== undefined) found.add(unit);
  }
  return [...found];
}

/** Whether a text wants something counted. */
export function isCounting(text: string): boolean {
  return counting.test(text);
}

function counts(text: string, wanted: readonly Unit[]): string {
  return wanted.map((unit) => plural(measure(text, unit), unit)).join(', ');
}

function countQuotes(asked: Asked, wanted: readonly Unit[]): readonly string[] {
  return asked.quotes.map(
    (quote) => `"${clipLine(quote.text, 60)}" has ${counts(quote.text, wanted)}.`,
  );
}

function countAttachment(file: Attachment, wanted: readonly Unit[]): string {
  const name = clipLine(file.name, 100);
  if (file.content === undefined) return `${name} is not text.`;
  const part = file.givenBytes === undefined ? '' : ` in its first ${file.givenBytes} bytes`;
  return `${name} has ${counts(file.content, wanted)}${part}.`;
}

function countAttachments(asked: Asked, wanted: readonly Unit[]): readonly string[] {
  const picked = pickAttachments(asked);
  const lines = picked.slice(0, maxCounted).map((file) => countAttachment(file, wanted));
  const more = picked.length - lines.length;
  return more > 0 ? [...lines, `${plural(more, 'more file')} not counted.`] : lines;
}

/** Counts words, lines, characters, letters and bytes of quotes, else of attachments. */
export const countsRule: Rule = (asked) => {
  const letter = oneLetter.exec(asked.text)?.groups;
  if (letter?.['letter'] !== undefined && letter['word'] !== undefined) {
    const sought = letter['letter'].toLowerCase();
    const times = Array.from(letter['word'].toLowerCase()).filter((char) => char === sought).length;
    return [`"${letter['word']}" holds the letter "${sought}" ${plural(times, 'time')}.`];
  }
  const wanted = unitsOf(asked.masked);
  if (wanted.length === 0 || !isCounting(asked.masked)) return [];
  if (asked.quotes.length > 0) return countQuotes(asked, wanted);
  if (asked.whole.attachments.length > 0) return countAttachments(asked, wanted);
  const word = bareWord.exec(asked.text)?.groups?.['word'];
  if (word !== undefined && wanted.every((unit) => unit !== 'line' && unit !== 'word')) {
    return [`"${word}" has ${counts(word, wanted)}.`];
  }
  return ['I count what is in quotes or attached; there is neither.'];
};

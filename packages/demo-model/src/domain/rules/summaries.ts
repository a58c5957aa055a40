import type { Attachment } from '../text/attachments.ts';
import { clipLine, plural } from '../text/clip.ts';
import { measure } from '../text/measure.ts';
import { pickAttachments } from './pick-attachments.ts';
import type { Rule } from './rule.ts';

const summarising = /\bsummar\w*|\btl;?dr\b|\boverview\b/i;
const looking =
  /\b(?:what(?:'s|’s| is| does| do)|show|read|describe|print|explain|look at|contents? of)\b[^\n]{0,80}\b(?:files?|attach\w*|documents?)\b/i;

const maxFiles = 20;
const shownLines = 5;

/** The first lines that hold anything. */
function firstLines(content: string): readonly string[] {
  return content
    .slice(0, 20_000)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, shownLines)
    .map((line) => `  ${clipLine(line, 160)}`);
}

/** What a script can say of a file: its size, how much is in it and how it begins. */
export function summarise(file: Attachment): string {
  const { content, givenBytes } = file;
  const bytes = plural(file.bytes, 'byte');
  const label = `${clipLine(file.name, 200)} (${clipLine(file.type, 80)})`;
  if (content === undefined) return `${label}: ${bytes}, not text.`;
  const part = givenBytes === undefined ? '' : `, of which I was given ${givenBytes}`;
  const size = `${bytes}${part}, ${plural(measure(content, 'line'), 'line')}, ${plural(measure(content, 'word'), 'word')}`;
  const head = `${label}: ${size}.`;
  const lines = firstLines(content);
  return lines.length === 0
    ? `${head} It holds no text.`
    : [`${head} It begins:`, ...lines].join('\n');
}

/** Summaries of several files. */
export function summariseAll(files: readonly Attachment[]): string {
  const parts = files.slice(0, maxFiles).map(summarise);
  const more = files.length - parts.length;
  return [...parts, ...(more > 0 ? [`${plural(more, 'more file')} not shown.`] : [])].join('\n');
}

/** Summarises attachments by script, and says that it does so without understanding them. */
export const summariesRule: Rule = (asked) => {
  const wanted = summarising.test(asked.masked);
  if (!wanted && !looking.test(asked.masked)) return [];
  const files = pickAttachments(asked);
  if (files.length === 0) return wanted ? ['I summarise attached files; none is attached.'] : [];
  return [`${summariseAll(files)}\n(Made by a script, without understanding the text.)`];
};

import { type Attachment, splitAttachments } from './attachments.ts';
import { type Quote, findQuotes, maskSpans } from './quotes.ts';

/** A prompt, read. */
export interface Question {
  /** Without the attachments. */
  readonly text: string;
  /** The same with quotes blanked out. */
  readonly masked: string;
  readonly quotes: readonly Quote[];
  readonly attachments: readonly Attachment[];
  /** True when the text was longer than what is read. */
  readonly cut: boolean;
}

/** Longest text besides attachments that is looked at, in UTF-16 units. */
export const maxQuestionLength = 16_000;

/** `count the words in: ...` quotes the rest of its line, or what follows it. */
const counted = /\b(?:count|how many|number of)\b[^\n:"'`]{0,80}:[ \t]{0,9}/gi;

function countedTexts(text: string): Quote[] {
  return [...text.matchAll(counted)].flatMap((match) => {
    const from = match.index + match[0].length;
    const lineEnd = text.indexOf('\n', from);
    const end = lineEnd > from ? lineEnd : text.length;
    const rest = text.slice(from, end).trim();
    // A quote right behind the colon is found as a quote.
    if (rest === '' || /^["'`“„«‘]/.test(rest)) return [];
    return { start: from, end, text: rest, style: 'words' as const };
  });
}

/** Reads a prompt. */
export function readQuestion(prompt: string): Question {
  const { text: all, attachments } = splitAttachments(prompt);
  const text = all.slice(0, maxQuestionLength);
  const rests = countedTexts(text);
  const inside = (quote: Quote): boolean =>
    rests.some((rest) => quote.start < rest.end && quote.end > rest.start);
  const quotes = [...rests, ...findQuotes(text).filter((quote) => !inside(quote))].toSorted(
    (a, b) => a.start - b.start,
  );
  return {
    text,
    masked: maskSpans(text, quotes),
    quotes,
    attachments,
    cut: /\S/.test(all.slice(maxQuestionLength)),
  };
}

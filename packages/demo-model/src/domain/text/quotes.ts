/** Text that is quoted in a prompt; positions include the marks. */
export interface Quote {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** `code` is in backticks. */
  readonly style: 'code' | 'words';
}

const pairs: Readonly<Record<string, string>> = {
  '"': '"',
  '“': '”',
  '„': '“',
  '«': '»',
  "'": "'",
  '‘': '’',
};

/** An apostrophe is not a quote: one opens only before a word and closes only behind one. */
function closesAt(text: string, open: number, close: string): number {
  let end = text.indexOf(close, open + 1);
  if (close !== "'" && close !== '’') return end;
  while (end > 0 && /[\p{L}\p{N}]/u.test(text.charAt(end + 1))) end = text.indexOf(close, end + 1);
  return end;
}

function quoteAt(text: string, start: number): Quote | undefined {
  if (text.startsWith('```', start)) {
    const end = text.indexOf('```', start + 3);
    if (end < 0) return undefined;
    // The first line of a fence may name the language.
    const inner = text.slice(start + 3, end).replace(/^[\w+-]{0,20}[ \t]{0,9}\n/, '');
    return { start, end: end + 3, text: inner.replace(/\n$/, ''), style: 'code' };
  }
  const open = text[start] ?? '';
  if (open === '`') {
    const end = text.indexOf('`', start + 1);
    if (end < 0) return undefined;
    return { start, end: end + 1, text: text.slice(start + 1, end), style: 'code' };
  }
  const close = pairs[open];
  if (close === undefined) return undefined;
  if (/['‘]/.test(open) && /[\p{L}\p{N}]/u.test(text.charAt(start - 1))) return undefined;
  const end = closesAt(text, start, close);
  if (end < 0) return undefined;
  return { start, end: end + 1, text: text.slice(start + 1, end), style: 'words' };
}

/** Every quote of a text, from left to right. */
export function findQuotes(text: string): readonly Quote[] {
  const quotes: Quote[] = [];
  let at = 0;
  while (at < text.length) {
    const quote = quoteAt(text, at);
    if (quote !== undefined) quotes.push(quote);
    at = quote?.end ?? at + 1;
  }
  return quotes;
}

/** The text with spans blanked out, at the same positions. */
export function maskSpans(
  text: string,
  spans: readonly { readonly start: number; readonly end: number }[],
): string {
  let masked = '';
  let at = 0;
  for (const { start, end } of spans) {
    if (start < at) continue;
    masked += text.slice(at, start) + ' '.repeat(end - start);
    at = end;
  }
  return masked + text.slice(at);
}

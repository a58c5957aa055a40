/** A file that came with a prompt, as text. */
export interface Attachment {
  readonly name: string;
  readonly type: string;
  /** Size of the file as the prompt gives it, which may be larger than what came. */
  readonly bytes: number;
  readonly content: string;
}

/** A prompt without its files, and the files. */
export interface SplitPrompt {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

const header = /^--- attachment: ([^\n]{1,1024}) \(([^\n()]{0,255}), (\d{1,15}) bytes\) ---$/;
const endMarker = '--- end of attachment ---';
const headerStart = '--- attachment: ';

/** Characters that make up that many bytes of UTF-8 from a position; undefined when they do not end there. */
function charactersOf(
  text: string,
  from: number,
  bytes: number,
  limit: number,
): number | undefined {
  let at = from;
  let left = bytes;
  while (left > 0 && at < text.length && at - from <= limit) {
    const code = text.codePointAt(at) ?? 0;
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
    at += code < 0x1_0000 ? 1 : 2;
  }
  return left === 0 ? at - from : undefined;
}

/** True when the closing line stands at a position. */
function endsAt(text: string, at: number): boolean {
  const after = text.charAt(at + endMarker.length);
  return text.startsWith(endMarker, at) && (after === '' || after === '\n' || after === '\r');
}

/** Where the next line that begins with a marker stands; -1 when there is none. */
function lineStart(text: string, marker: string, from: number): number {
  let at = text.indexOf(marker, from);
  while (at > 0 && text[at - 1] !== '\n') at = text.indexOf(marker, at + 1);
  return at;
}

/**
 * Takes the attachments out of a prompt: blocks of a line `--- attachment: NAME (TYPE, N bytes) ---`, the content,
 * and a line `--- end of attachment ---`. The length in the first line is believed where the closing line stands
 * after it, so that a file may hold a closing line itself.
 */
export function splitAttachments(prompt: string): SplitPrompt {
  const texts: string[] = [];
  const attachments: Attachment[] = [];
  // Lengths that lead nowhere must not make the work quadratic.
  let budget = 4 * prompt.length;
  let at = 0;
  let search = 0;
  for (;;) {
    const start = lineStart(prompt, headerStart, search);
    if (start < 0) break;
    const lineEnd = prompt.indexOf('\n', start);
    const parts = lineEnd < 0 ? null : header.exec(prompt.slice(start, lineEnd).replace(/\r$/, ''));
    if (parts === null) {
      search = start + headerStart.length;
      continue;
    }
    const from = lineEnd + 1;
    const bytes = Number(parts[3]);
    const counted = charactersOf(prompt, from, bytes, budget);
    budget -= Math.min(bytes, prompt.length - from);
    const length = closedLength(prompt, from, counted);
    texts.push(prompt.slice(at, start));
    attachments.push({
      name: parts[1] ?? '',
      type: parts[2] ?? '',
      bytes,
      content: prompt.slice(from, from + length.content),
    });
    at = from + length.whole;
    search = at;
  }
  texts.push(prompt.slice(at));
  return { text: texts.join(''), attachments };
}

/** How many characters are content, and how many with the closing line. Without one everything is content. */
function closedLength(
  prompt: string,
  from: number,
  counted: number | undefined,
): { readonly content: number; readonly whole: number } {
  if (counted !== undefined) {
    const end = from + counted;
    if (prompt[end] === '\n' && endsAt(prompt, end + 1)) {
      return { content: counted, whole: counted + 1 + endMarker.length };
    }
    if ((counted === 0 || prompt[end - 1] === '\n') && endsAt(prompt, end)) {
      return { content: counted, whole: counted + endMarker.length };
    }
  }
  const close = lineStart(prompt, endMarker, from);
  if (close < 0) return { content: prompt.length - from, whole: prompt.length - from };
  return { content: Math.max(close - 1 - from, 0), whole: close - from + endMarker.length };
}

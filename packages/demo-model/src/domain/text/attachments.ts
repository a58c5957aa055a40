/** A file that came with a prompt. */
export interface Attachment {
  readonly name: string;
  readonly type: string;
  /** Size of the whole file. */
  readonly bytes: number;
  /** Its text, or the beginning of it; undefined when it is not text. */
  readonly content: string | undefined;
  /** How many bytes of it came, when not all did. */
  readonly givenBytes?: number;
}

/** A prompt without its files, and the files. */
export interface SplitPrompt {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

const label = String.raw`(?<name>[^\n]{1,1024}) \((?<type>[^\n()]{0,255}), (?<bytes>\d{1,15}) bytes\)`;
const header = new RegExp(`^--- attachment: ${label} ---$`);
const listed = new RegExp(`^- ${label}$`);
const listHead = 'Other attached files:';
const headerStart = '--- attachment: ';
const endMarker = '--- end of attachment ---';
const cutNote = /\n?\[cut: the first (\d{1,15}) of \d{1,15} bytes\]$/;

/** Where the next line that begins with a marker stands; -1 when there is none. */
function lineStart(text: string, marker: string, from: number): number {
  let at = text.indexOf(marker, from);
  while (at > 0 && text[at - 1] !== '\n') at = text.indexOf(marker, at + 1);
  return at;
}

function labelled(groups: Readonly<Record<string, string>> | undefined): {
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
} {
  return {
    name: groups?.['name'] ?? '',
    type: groups?.['type'] ?? '',
    bytes: Number(groups?.['bytes']),
  };
}

/** A block's text without the note that it was cut. */
function given(block: string): Pick<Attachment, 'content' | 'givenBytes'> {
  // The note stands at the very end; a pattern must not search a long text for it.
  const tail = block.slice(-100);
  const note = cutNote.exec(tail);
  if (note === null) return { content: block };
  const content = block.slice(0, block.length - tail.length + note.index);
  return { content, givenBytes: Number(note[1]) };
}

/** Takes the list of files that are not text off the end of a prompt. */
function splitList(text: string): SplitPrompt {
  const lines = text.trimEnd().split('\n');
  const attachments: Attachment[] = [];
  while (lines.length > 0) {
    const groups = listed.exec(lines.at(-1) ?? '')?.groups;
    if (groups === undefined) break;
    attachments.unshift({ ...labelled(groups), content: undefined });
    lines.pop();
  }
  if (attachments.length === 0 || lines.at(-1) !== listHead) return { text, attachments: [] };
  return { text: lines.slice(0, -1).join('\n'), attachments };
}

/**
 * Takes the attachments out of a prompt: blocks of a line `--- attachment: NAME (TYPE, N bytes)
 * ---`, the text and a line `--- end of attachment ---`, and behind them a list `Other attached
 * files:` of those that are not text. Without a closing line the rest is the file's.
 * See docs/reference/tasks-and-jobs.md#attachments.
 */
export function splitAttachments(prompt: string): SplitPrompt {
  const texts: string[] = [];
  const attachments: Attachment[] = [];
  let at = 0;
  let search = 0;
  for (;;) {
    const start = lineStart(prompt, headerStart, search);
    if (start < 0) break;
    const lineEnd = prompt.indexOf('\n', start);
    const groups = lineEnd < 0 ? undefined : header.exec(prompt.slice(start, lineEnd))?.groups;
    if (groups === undefined) {
      search = start + headerStart.length;
      continue;
    }
    const close = lineStart(prompt, endMarker, lineEnd);
    const end = close < 0 ? prompt.length : close - 1;
    texts.push(prompt.slice(at, start));
    attachments.push({
      ...labelled(groups),
      ...given(prompt.slice(lineEnd + 1, Math.max(end, lineEnd + 1))),
    });
    at = close < 0 ? prompt.length : close + endMarker.length;
    search = at;
  }
  const rest = splitList(prompt.slice(at));
  return {
    text: [...texts, rest.text].join(''),
    attachments: [...attachments, ...rest.attachments],
  };
}

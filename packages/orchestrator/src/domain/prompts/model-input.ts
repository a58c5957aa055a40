/** A file of a prompt's task as far as it is given to the model. */
export interface PromptFile {
  /** Base name. */
  readonly name: string;
  /** As the user declared it. */
  readonly contentType: string | undefined;
  /** Size of the whole file. */
  readonly sizeBytes: number;
  /** Its first bytes: all of them up to `attachmentTextBytes`. */
  readonly start: Uint8Array;
}

/**
 * Most bytes of one attachment that are given to a model.
 * See docs/reference/tasks-and-jobs.md#attachments.
 */
export const attachmentTextBytes = 64 * 1024;

const endMarker = '--- end of attachment ---';

/** Breaks a line somewhere, be it in a terminal, an editor or a model's eyes. */
const lineBreak = /(\r\n|[\n\v\f\r\u0085\u2028\u2029])/;

/** Characters that are not seen, or that change how others are seen. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What a reader may take for the first or last line of a block: dashes of any kind, then its words. */
const looksLikeMarker =
  /^[\s\\]*\p{Pd}\s*\p{Pd}[\p{Pd}\s]*(?:end\s+of\s+attachment|attachment\s*:)/iu;

/** On one line, whatever the user called it. */
function oneLine(text: string): string {
  return text.toWellFormed().replaceAll(invisible, '\uFFFD');
}

function label({ name, contentType, sizeBytes }: PromptFile): string {
  const type = oneLine(contentType ?? 'unknown type').replaceAll(/[()]/g, '');
  return `${oneLine(name)} (${type}, ${sizeBytes} bytes)`;
}

/** The beginning as text, to the last whole character; undefined when it is no UTF-8 text. */
function textOf({ start, sizeBytes }: PromptFile): string | undefined {
  const isWhole = sizeBytes <= attachmentTextBytes;
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    const text = decoder.decode(start.subarray(0, attachmentTextBytes), { stream: !isWhole });
    return text.includes('\u0000') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Puts a backslash before lines that could pass for the end of the block or the beginning of another. */
function withoutMarkers(text: string): string {
  return text
    .split(lineBreak)
    .map((line) => {
      const seen = line.normalize('NFKC').replaceAll(/[\p{Cc}\p{Cf}]/gu, '');
      return looksLikeMarker.test(seen) ? `\\${line}` : line;
    })
    .join('');
}

function block(file: PromptFile, text: string): string {
  const shown = new TextEncoder().encode(text).length;
  const note =
    shown < file.sizeBytes ? `\n[cut: the first ${shown} of ${file.sizeBytes} bytes]` : '';
  return `--- attachment: ${label(file)} ---\n${withoutMarkers(text)}${note}\n${endMarker}`;
}

/** Longest prompt that is said once more behind its attachments, characters. */
const repeatedChars = 16_384;

/**
 * What a model is given: the prompt, unchanged, then each text attachment in a delimited block,
 * then the names of the other files. Behind text the prompt stands once more, because models keep best what they read
 * last. A file can neither end its block nor open another: lines that look like it begin with a backslash.
 * See docs/reference/tasks-and-jobs.md#attachments (REQ-ORCHES-0126).
 */
export function modelInput(prompt: string, files: readonly PromptFile[]): string {
  const read = files.map((file) => ({ file, text: textOf(file) }));
  const blocks = read.flatMap(({ file, text }) => (text === undefined ? [] : [block(file, text)]));
  const others = read.flatMap(({ file, text }) => (text === undefined ? [file] : []));
  const list = others.map((file) => `- ${label(file)}`).join('\n');
  const again = blocks.length > 0 && prompt.length <= repeatedChars;
  return [
    prompt,
    ...blocks,
    ...(others.length > 0 ? [`Other attached files:\n${list}`] : []),
    ...(again ? [prompt] : []),
  ].join('\n\n');
}

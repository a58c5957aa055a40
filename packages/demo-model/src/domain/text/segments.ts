/** One question of a prompt; positions are characters of the prompt. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

const verbs =
  'what|which|who|how|run|execute|count|list|summar\\w*|calculate|compute|evaluate|tell|say|show|please';
/** Where one question ends and the next begins. */
const joint = new RegExp(
  `\\n|[?!;]|\\.(?=\\s|$)|(?:,\\s{0,3}(?:and\\s|then\\s|also\\s)?|\\s(?:and|then|also)\\s)(?=(?:${verbs})\\b)`,
  'giu',
);

/** Cuts a text into its questions; blank ones fall away. */
export function segmentsOf(masked: string): readonly Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  const push = (end: number): void => {
    if (/\S/.test(masked.slice(start, end))) segments.push({ start, end });
  };
  for (const match of masked.matchAll(joint)) {
    push(match.index);
    start = match.index + match[0].length;
  }
  push(masked.length);
  return segments;
}

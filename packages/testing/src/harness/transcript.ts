import { stripVTControlCharacters } from 'node:util';

/** A run of a program as a person sees it. */
export interface Seen {
  /** As it was typed. */
  readonly command: string;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What a terminal of this width showed. */
  readonly terminals?: readonly { readonly columns: number; readonly shown: string }[];
}

/** What is another in each run, and what stands for it. */
export type Unsteady = readonly (readonly [part: string | RegExp, instead: string])[];

const always: Unsteady = [
  [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, '<id>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/\b(127\.0\.0\.1|localhost|port)([: ])(?!8080\b|11434\b)\d{2,5}\b/g, '$1$2<port>'],
  [/\b(process|pid|supervisor) \d+/g, '$1 <pid>'],
];

/** A text without ids, times, ports and process ids, and without what else the test names; folders first. */
export function steady(text: string, unsteady: Unsteady = []): string {
  let out = text;
  for (const [part, instead] of [...unsteady, ...always]) out = out.replaceAll(part, instead);
  return out;
}

/** Goes back to the start of the line and empties it. */
const redraw = '\r\u001B[K';

/** The signs of a line that is drawn again and again while something is done. */
const spinner = /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] /;

/** A line of a terminal: each text it was drawn with, then what was left. */
function linesOf(line: string): string[] {
  const drawn = line.split(redraw);
  const frames = drawn
    .filter((text) => spinner.test(text))
    .map((text) => text.replace(spinner, '* '));
  return [...new Set(frames), drawn.at(-1) ?? ''];
}

/** What a terminal showed, without colours; a line that was drawn anew once for each of its texts, behind a star. */
export function settled(shown: string): string {
  const lines = shown.replaceAll('\r\n', '\n').split('\n').flatMap(linesOf);
  return stripVTControlCharacters(lines.join('\n')).replaceAll('\r', '');
}

/** Text as a terminal breaks it at its edge, in the middle of a word. */
export function brokenAt(columns: number, text: string): string {
  return text
    .split('\n')
    .map((line) => line.replaceAll(new RegExp(`(.{${columns}})(?=.)`, 'gu'), '$1\n'))
    .join('\n');
}

function part(title: string, text: string): string {
  const end = text.endsWith('\n') ? '' : '\n(no end of line)\n';
  return text === '' ? '' : `--- ${title}\n${text}${end}`;
}

/** The run as the text of a recorded example. */
export function transcript(seen: Seen, unsteady: Unsteady = []): string {
  const { command, code, stdout, stderr, terminals = [] } = seen;
  const text = (raw: string): string => steady(raw, unsteady);
  return [
    `$ ${text(command)}\n(exit code ${code ?? 'none'})\n`,
    part('stdout', text(stdout)),
    part('stderr', text(stderr)),
    ...terminals.map(({ columns, shown }) =>
      part(`a terminal of ${columns} columns`, brokenAt(columns, text(settled(shown)))),
    ),
  ].join('');
}

/** What agents ask models for; each has a first line of its own. See docs/reference/workflow.md#context. */
export const askNames = ['plan', 'verdict', 'remediation', 'answer'] as const;

export type AskName = (typeof askNames)[number];

/** Parts of a message that hold words of somebody: the user, a file, a job, an earlier answer. */
export const blockNames = [
  'request',
  'preferences',
  'files',
  'file',
  'step',
  'job',
  'stdout',
  'stderr',
  'criteria',
  'findings',
  'faults',
] as const;

export type BlockName = (typeof blockNames)[number];

/** Words between marks. */
export interface Block {
  readonly name: BlockName;
  /** Which of its kind it is: a path, a title. */
  readonly label?: string | undefined;
  readonly text: string;
}

const open = '<<<';
const close = '>>>';

/** The first line of the system message, by which a request is known whatever else stands in it. */
export function askMark(name: AskName): string {
  return `[cynode ${name}]`;
}

/** What a system message asks for; undefined where it is none of ours. */
export function askNameOf(system: string): AskName | undefined {
  const [first] = system.split('\n', 1);
  return askNames.find((name) => askMark(name) === first);
}

/** A line that would end a block gets a backslash more, wherever a line may begin for whoever reads. */
const escaped = (text: string): string =>
  text.replaceAll(/(^|[\n\r\u0085\u2028\u2029])([^\S\n\r\u2028\u2029]*\\*)(?=<<<|>>>)/g, '$1$2\\');

const unescaped = (text: string): string =>
  text.replaceAll(/(^|[\n\r\u0085\u2028\u2029])([^\S\n\r\u2028\u2029]*\\*)\\(?=<<<|>>>)/g, '$1$2');

/** A label that stays on its line: what could end one is percent-encoded. */
const labelled = (label: string): string =>
  label.toWellFormed().replaceAll(/[%\p{C}\u2028\u2029]/gu, encodeURIComponent);

/**
 * Words of others between marks that they cannot close: whatever they say, they are data.
 * See docs/reference/workflow.md#context.
 */
export function blockText({ name, label, text }: Block): string {
  const of = label === undefined ? '' : ` ${labelled(label)}`;
  return `${open} ${name}${of}\n${escaped(text)}\n${close} ${name}`;
}

function labelOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // Not written by `blockText`.
    return text;
  }
}

/** The blocks of a message, in order; what stands outside of them is ours. */
export function blocksOf(message: string): Block[] {
  const found: Block[] = [];
  let begun: { readonly name: BlockName; readonly label: string | undefined } | undefined;
  let lines: string[] = [];
  for (const line of message.split('\n')) {
    if (begun === undefined) {
      const [, word = '', rest] = /^<<< (\w+)(?: (.*))?$/.exec(line) ?? [];
      const name = blockNames.find((each) => each === word);
      if (name !== undefined) begun = { name, label: labelOf(rest) };
      lines = [];
    } else if (line === `${close} ${begun.name}`) {
      found.push({ ...begun, text: unescaped(lines.join('\n')) });
      begun = undefined;
    } else lines.push(line);
  }
  return found;
}

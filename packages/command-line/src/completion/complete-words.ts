import type { CompletionFlag, CompletionModel, CompletionNode, ValueKind } from './model.ts';

/** What may stand at the end of a line. */
export interface Completion {
  readonly expected: ValueKind;
  /** What was typed of it so far. */
  readonly prefix: string;
  /** Values of the global flags before it, by their long names without dashes. */
  readonly globals: ReadonlyMap<string, string>;
}

const emptyNode: CompletionNode = { path: [], children: [], flags: [], args: [] };

/** Reads a command line word by word, as far as it goes. */
class Walk {
  readonly #model: CompletionModel;
  #node: CompletionNode;
  #arguments = 0;
  #onlyArguments = false;
  #pending: CompletionFlag | undefined;
  readonly globals = new Map<string, string>();

  constructor(model: CompletionModel) {
    this.#model = model;
    this.#node = this.#nodeAt([]);
  }

  pass(word: string): void {
    if (this.#pending !== undefined) {
      this.#take(this.#pending, word);
      this.#pending = undefined;
    } else if (this.#onlyArguments || !word.startsWith('-')) this.#enter(word);
    else if (word === '--') this.#onlyArguments = true;
    else this.#flag(word);
  }

  expected(word: string): Pick<Completion, 'expected' | 'prefix'> {
    if (this.#pending?.value !== undefined) return { expected: this.#pending.value, prefix: word };
    if (!this.#onlyArguments && word.startsWith('-')) {
      const [name, value] = split(word);
      if (value === undefined) return { expected: choices(this.#flagNames()), prefix: word };
      return { expected: this.#find(name)?.value ?? { kind: 'text' }, prefix: value };
    }
    const names = this.#node.children.map((child) => child.name);
    const expected = names.length > 0 ? choices(names) : this.#node.args[this.#arguments];
    return { expected: expected ?? { kind: 'text' }, prefix: word };
  }

  #nodeAt(path: readonly string[]): CompletionNode {
    const key = path.join(' ');
    return this.#model.nodes.find((node) => node.path.join(' ') === key) ?? emptyNode;
  }

  #enter(word: string): void {
    if (this.#node.children.some((child) => child.name === word)) {
      this.#node = this.#nodeAt([...this.#node.path, word]);
    } else this.#arguments += 1;
  }

  #flag(word: string): void {
    const [name, value] = split(word);
    const flag = this.#find(name);
    if (flag?.value === undefined) return;
    if (value === undefined) this.#pending = flag;
    else this.#take(flag, value);
  }

  #take(flag: CompletionFlag, value: string): void {
    const [name = ''] = flag.names.filter((one) => one.startsWith('--'));
    if (this.#model.globals.includes(flag)) this.globals.set(name.slice(2), value);
  }

  #flags(): readonly CompletionFlag[] {
    return [...this.#node.flags, ...this.#model.globals];
  }

  #find(name: string): CompletionFlag | undefined {
    return this.#flags().find((flag) => flag.names.includes(name));
  }

  #flagNames(): string[] {
    return this.#flags().flatMap((flag) => flag.names);
  }
}

function choices(names: readonly string[]): ValueKind {
  return { kind: 'choices', choices: names };
}

/** `--output=json` or `-ojson` as flag and value. */
function split(word: string): [name: string, value: string | undefined] {
  if (!word.startsWith('--')) {
    return word.length > 2 ? [word.slice(0, 2), word.slice(2)] : [word, undefined];
  }
  const equals = word.indexOf('=');
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** What may follow: `words` are those after the program's name, the last being typed, perhaps empty. */
export function completeWords(model: CompletionModel, words: readonly string[]): Completion {
  const walk = new Walk(model);
  for (const word of words.slice(0, -1)) walk.pass(word);
  return { ...walk.expected(words.at(-1) ?? ''), globals: walk.globals };
}

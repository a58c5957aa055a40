import type { CompletionModel, ValueKind } from '@cynodeai/command-line/completion';

/** Single quotes for bash, zsh and fish alike, where the text itself holds none. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** How a script handles a value: by the shell itself, by asking cynork, or not at all. */
export function handlingOf(value: ValueKind): 'file' | 'ask' | 'text' {
  if (value.kind === 'file' || value.kind === 'text') return value.kind;
  return 'ask';
}

const arm = (patterns: readonly string[], action: string): string =>
  `    ${patterns.join(' | ')}) ${action} ;;`;

/** `case` arms that lead from one place to the next. */
function steps(model: CompletionModel): string[] {
  return model.nodes
    .filter(({ children }) => children.length > 0)
    .map(({ path, children }) =>
      arm(
        children.map(({ name }) => quote(`${path.join(' ')} ${name}`)),
        'node="${node:+$node }$1"',
      ),
    );
}

/** `case` arms that tell which value a flag takes. */
function flagValues({ nodes, globals }: CompletionModel): string[] {
  const own = nodes.flatMap(({ path, flags }) =>
    flags.flatMap(({ names, value }) => {
      if (value === undefined) return [];
      const patterns = names.map((name) => quote(`${path.join(' ')} ${name}`));
      return [arm(patterns, `takes=${handlingOf(value)}`)];
    }),
  );
  const everywhere = globals.flatMap(({ names, value }) =>
    value === undefined
      ? []
      : [
          arm(
            names.map((name) => `*${quote(` ${name}`)}`),
            `takes=${handlingOf(value)}`,
          ),
        ],
  );
  return [...own, ...everywhere];
}

/** `case` arms that tell which value stands at which place. */
function argumentValues({ nodes }: CompletionModel): string[] {
  return nodes.flatMap(({ path, args }) =>
    args.map((value, index) =>
      arm([quote(`${path.join(' ')} ${index}`)], `takes=${handlingOf(value)}`),
    ),
  );
}

/** The tables as functions that bash and zsh both understand. They work on the caller's `node`, `at` and `takes`. */
export function tables(model: CompletionModel): string {
  return `# Goes on to the place a word leads to, or counts it as an argument.
_cynork_step() {
  case "$node $1" in
${steps(model).join('\n')}
    *) at=$((at + 1)) ;;
  esac
}

# Which value the flag takes: file, ask, text or none.
_cynork_flag() {
  takes=''
  case "$node $1" in
${flagValues(model).join('\n')}
  esac
}

# Which value stands at this place.
_cynork_argument() {
  takes=text
  case "$node $at" in
${argumentValues(model).join('\n')}
  esac
}
`;
}

import type {
  CompletionFlag,
  CompletionModel,
  CompletionNode,
} from '@cynodeai/command-line/completion';
import { handlingOf } from './shell-tables.ts';

/** Single quotes of fish, where backslash and quote are escaped. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}

const cases = (patterns: readonly string[], action: string): string =>
  `            case ${patterns.join(' ')}\n                ${action}`;

function steps({ nodes }: CompletionModel): string {
  const patterns = nodes.flatMap(({ path, children }) =>
    children.map(({ name }) => quote(`${path.join(' ')} ${name}`)),
  );
  return cases(patterns, `set node (string trim -- "$node $word")`);
}

function flagsWithValue({ nodes, globals }: CompletionModel): string {
  const own = nodes.flatMap(({ path, flags }) =>
    flags
      .filter(({ value }) => value !== undefined)
      .flatMap(({ names }) => names.map((name) => quote(`${path.join(' ')} ${name}`))),
  );
  const everywhere = globals
    .filter(({ value }) => value !== undefined)
    .flatMap(({ names }) => names.map((name) => quote(`* ${name}`)));
  return cases([...own, ...everywhere], 'set skip yes');
}

function option({ names, help, value }: CompletionFlag, condition: string): string {
  const letters = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const takes = {
    none: '',
    file: ' -r -F',
    ask: ` -x -a '(__cynork_ask)'`,
    text: ' -x',
  }[value === undefined ? 'none' : handlingOf(value)];
  return `complete -c cynork${condition} ${letters.join(' ')}${takes} -d ${quote(help)}`;
}

function lines({ path, children, flags, args }: CompletionNode): string[] {
  const place = `__cynork_at "${path.join(' ')}"`;
  return [
    ...children.map(
      ({ name, help }) => `complete -c cynork -n ${quote(place)} -a ${name} -d ${quote(help)}`,
    ),
    ...flags.map((flag) => option(flag, ` -n ${quote(place)}`)),
    ...args.flatMap((value, index) =>
      handlingOf(value) === 'ask'
        ? [`complete -c cynork -n ${quote(`${place} ${index}`)} -a '(__cynork_ask)'`]
        : [],
    ),
  ];
}

/** The completion script of fish: one line for each thing that may be typed, and where. */
export function fishScript(model: CompletionModel): string {
  return `# Completion of cynork for fish; load it with: cynork completion fish | source

# True at this place of the command line, and after so many arguments when a number is given.
function __cynork_at
    set -l node ''
    set -l count 0
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
            continue
        end
        switch "$node $word"
${steps(model)}
${flagsWithValue(model)}
            case '* -*'
            case '*'
                set count (math $count + 1)
        end
    end
    test "$node" = "$argv[1]"; and begin
        not set -q argv[2]; or test $count -eq $argv[2]
    end
end

# Values that cynork knows.
function __cynork_ask
    set -l line (commandline -opc)
    $line[1] __complete -- $line[2..-1] (commandline -ct) 2>/dev/null
end

complete -c cynork -f
${model.globals.map((flag) => option(flag, '')).join('\n')}
${model.nodes.flatMap(lines).join('\n')}
`;
}

import type { CompletionModel, CompletionWord } from '@cynodeai/command-line/completion';
import { quote, tables } from './shell-tables.ts';

/** Items of `_describe`: a colon would end the name. */
function items(words: readonly CompletionWord[]): string {
  return words.map(({ name, help }) => quote(`${name}:${help}`)).join(' ');
}

function words({ nodes, globals }: CompletionModel): string {
  return nodes
    .map(({ path, children, flags }) => {
      const options = [...flags, ...globals].flatMap(({ names, help }) =>
        names.map((name) => ({ name, help })),
      );
      return `    ${quote(path.join(' '))})
      names=(${items(children)})
      options=(${items(options)}) ;;`;
    })
    .join('\n');
}

/** The completion script of zsh; it can be loaded or put into a folder of \`$fpath\` as \`_cynork\`. */
export function zshScript(model: CompletionModel): string {
  return `#compdef cynork
# Completion of cynork for zsh; load it after compinit with: source <(cynork completion zsh)

${tables(model)}
# Commands and flags of a place.
_cynork_words() {
  case "$node" in
${words(model)}
  esac
}

_cynork() {
  local node='' takes='' word
  integer at=0
  local -a line names options values
  line=("\${(@Q)words[2,CURRENT-1]}")
  for word in "\${line[@]}"; do
    if [[ -n $takes ]]; then
      takes=''
    elif [[ $word == -* ]]; then
      _cynork_flag "$word"
    else
      _cynork_step "$word"
    fi
  done
  line+=("\${(Q)PREFIX}")
  if [[ -z $takes && $PREFIX == --*=* ]]; then
    _cynork_flag "\${PREFIX%%=*}"
    compset -P '*='
  elif [[ -z $takes ]]; then
    _cynork_words
    if [[ $PREFIX == -* ]]; then
      _describe -o option options
      return
    elif (( \${#names} )); then
      _describe command names
      return
    fi
    _cynork_argument
  fi
  case $takes in
    file) _files ;;
    ask)
      values=("\${(@f)$("\${\${(Q)words[1]}/#\\~/$HOME}" __complete -- "\${line[@]}" 2>/dev/null)}")
      values=("\${(@)values:#}")
      compadd -a values
      ;;
    *) return 1 ;;
  esac
}

if [[ $funcstack[1] == _cynork ]]; then
  _cynork "$@"
else
  compdef _cynork cynork
fi
`;
}

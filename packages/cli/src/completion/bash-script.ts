import type { CompletionModel } from '@cynodeai/command-line/completion';
import { quote, tables } from './shell-tables.ts';

function words({ nodes, globals }: CompletionModel): string {
  return nodes
    .map(({ path, children, flags }) => {
      const names = children.map(({ name }) => name).join(' ');
      const options = [...flags, ...globals].flatMap((flag) => flag.names).join(' ');
      return `    ${quote(path.join(' '))}) names=${quote(names)} options=${quote(options)} ;;`;
    })
    .join('\n');
}

/** The completion script of bash: commands and flags by its own tables, values by asking cynork, paths by the shell. */
export function bashScript(model: CompletionModel): string {
  return `# Completion of cynork for bash; load it with: source <(cynork completion bash)

${tables(model)}
# Commands and flags of a place.
_cynork_words() {
  case "$node" in
${words(model)}
  esac
}

# Takes the lines of its input that begin with the word typed so far.
_cynork_take() {
  local candidate
  while IFS= read -r candidate; do
    [[ $candidate == "$cur"* ]] && COMPREPLY+=("$candidate")
  done
}

_cynork() {
  local node='' takes='' names='' options='' cur='' word joined='' program=$1
  local -i at=0 last=-1 i
  local -a line=()
  COMPREPLY=()
  # Bash ends words at = and :, cynork does not.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((last >= 0)) && [[ -n $joined || $word == [=:]* ]]; then
      line[last]+=$word
    else
      last+=1
      line[last]=$word
    fi
    joined=''
    [[ $word == [=:] ]] && joined=yes
  done
  cur=\${line[last]}
  for ((i = 0; i < last; i++)); do
    word=\${line[i]}
    if [[ -n $takes ]]; then
      takes=''
    elif [[ $word == -* ]]; then
      _cynork_flag "$word"
    else
      _cynork_step "$word"
    fi
  done
  if [[ -z $takes && $cur == --*=* ]]; then
    _cynork_flag "\${cur%%=*}"
    cur=\${cur#*=}
  elif [[ -z $takes ]]; then
    _cynork_words
    if [[ $cur == -* ]]; then
      _cynork_take < <(printf '%s\\n' $options)
      return
    elif [[ -n $names ]]; then
      _cynork_take < <(printf '%s\\n' $names)
      return
    fi
    _cynork_argument
  fi
  case $takes in
    file)
      compopt -o filenames 2>/dev/null
      _cynork_take < <(compgen -f -- "$cur")
      ;;
    ask) _cynork_take < <("\${program/#\\~/$HOME}" __complete -- "\${line[@]}" 2>/dev/null) ;;
  esac
}

complete -F _cynork cynork
`;
}

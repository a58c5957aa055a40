/** Workspace of a sandbox. */
const workspace = '/workspace';
/** Beside the program. */
const requestName = 'request.json';
/** The request as an input file, below the workspace. */
export const requestPath = `.cynode/${requestName}`;
/** The program as an input file, below the workspace. */
export const programPath = '.cynode/ask-model.sh';

/**
 * Limit of the call inside the sandbox, seconds: the relay ends it then.
 * See docs/reference/sandbox.md#relay.
 */
export const programSeconds = 120;

/**
 * Posts the prepared request and prints the text of the answer, or says on stderr why there is none. It is the same
 * for every prompt and knows none: the request is a file that only `curl` reads (REQ-ORCHES-0125).
 */
export const modelProgram = String.raw`set -u
request=\${0%/*}/${requestName}
fail() {
  printf 'no answer from a model: %s\n' "$1" >&2
  exit 1
}
base=$(printf '%s' "\${OLLAMA_BASE_URL:-}" | sed 's,/*$,,')
[ -n "$base" ] || fail 'the sandbox has no OLLAMA_BASE_URL'
for tool in curl jq; do
  command -v "$tool" >/dev/null 2>&1 || fail "the sandbox image has no $tool"
done
answer=$(mktemp) || fail 'no temporary file can be made'
tries=0
while :; do
  code=$(curl --silent --show-error --noproxy '*' --max-time ${programSeconds} \
    --header 'Content-Type: application/json' --header 'Expect:' \
    --data-binary "@$request" --output "$answer" --write-out '%{http_code}' \
    "$base/api/generate") || fail "the call broke off (curl exit code $?)"
  tries=$((tries + 1))
  case $code in 429 | 502 | 503) [ "$tries" -ge 30 ] && break ;; *) break ;; esac
  sleep 2
done
case $code in
  2??) ;;
  *) fail "the service answered $code $(jq -r '.error // .detail // empty' "$answer" 2>/dev/null | head -c 1000)" ;;
esac
jq -es 'all(type == "object" and (.response | type) == "string") and (last | .done == true)' "$answer" >/dev/null 2>&1 ||
  fail 'the answer was cut, or is none'
jq -es 'map(.response) | add | explode | any(. > 32)' "$answer" >/dev/null 2>&1 || fail 'the answer is empty'
jq -jn 'inputs | .response' "$answer"
if jq -es 'last | .done_reason == "length"' "$answer" >/dev/null 2>&1; then
  printf 'the answer ended at the longest the model may say\n' >&2
fi
`.replaceAll('\\$', '$');

/** The command that runs it. */
export const programCommand: readonly string[] = ['sh', `${workspace}/${programPath}`];

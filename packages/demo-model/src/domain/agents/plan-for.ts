import { readPrompt, restNeedsAnswer } from '../answer-prompt.ts';
import { isCounting, unitsOf } from '../rules/counts.ts';
import { clipLine } from '../text/clip.ts';
import type { Unit } from '../text/measure.ts';
import { type Question, readQuestion } from '../text/question.ts';

/** Most commands, and most files, that a plan is made for. */
const maxCommands = 10;
const maxFiles = 50;

interface Step {
  readonly step_id: string;
  readonly title: string;
  readonly kind: 'model_answer' | 'sandbox_command';
  readonly instruction?: string;
  readonly command?: readonly string[];
  readonly inputs?: readonly string[];
  readonly expected_outputs: readonly {
    readonly description: string;
    readonly stdout_contains?: string;
    readonly artifact_path?: string;
  }[];
  readonly evidence: readonly string[];
}

interface PlanAnswer {
  readonly steps: readonly Step[];
  readonly assumptions: readonly string[];
}

const answerStep: Step = {
  step_id: 'answer',
  title: 'Answer the request',
  kind: 'model_answer',
  instruction: 'Answer the request.',
  expected_outputs: [{ description: 'an answer to the request' }],
  evidence: ['the answer'],
};

/** Where a result is wanted: `write a table to report.md`. */
const wantedFile =
  /\b(?:write|save|put|store)\b[^.!?\n]{0,80}?\b(?:to|into|in|as)\s+["'`]?(?<path>[\w-]{1,100}(?:[./][\w-]{1,100}){0,5}\.\w{1,10})\b/i;

/** Files the user sent, of lines such as `upload/a.txt (12 bytes)`. */
function sentFiles(files: string): string[] {
  return files.split('\n').flatMap((line) => {
    const path = /^(?<path>upload\/.{1,400}) \(\d+ bytes/.exec(line)?.groups?.['path'];
    return path === undefined ? [] : [path];
  });
}

const measures: Readonly<
  Record<Unit, { readonly head: string; readonly flag: string } | undefined>
> = {
  word: { head: 'Words', flag: '-w' },
  line: { head: 'Lines', flag: '-l' },
  character: { head: 'Characters', flag: '-m' },
  byte: { head: 'Bytes', flag: '-c' },
  letter: undefined,
};

/** A shell script that makes a Markdown table of its arguments, and shows it. */
function tableScript(path: string, columns: readonly { head: string; flag: string }[]): string {
  const heads = ['File', ...columns.map(({ head }) => head)].join(' | ');
  const rules = ['File', ...columns].map(() => '---').join(' | ');
  const cells = columns.map(({ flag }) => `printf ' %s |' "$(wc ${flag} <"$file" | tr -d ' ')"`);
  return [
    'set -eu',
    `table=/job/artifacts/${path}`,
    'mkdir -p "$(dirname "$table")"',
    '{',
    `  printf '%s\\n' '| ${heads} |' '| ${rules} |'`,
    '  for file in "$@"; do',
    `    printf '| %s |' "\${file#upload/}"`,
    ...cells.map((cell) => `    ${cell}`),
    String.raw`    printf '\n'`,
    '  done',
    '} >"$table"',
    'cat "$table"',
  ].join('\n');
}

/** Counts in a table, where files came and one is wanted. */
function countingStep({ masked, text }: Question, files: readonly string[]): Step | undefined {
  const path = wantedFile.exec(text)?.groups?.['path'];
  if (path === undefined || files.length === 0 || !isCounting(masked)) return undefined;
  const columns = unitsOf(masked).flatMap((unit) => measures[unit] ?? []);
  if (columns.length === 0) return undefined;
  const [first = ''] = files;
  return {
    step_id: 'count',
    title: `Count, and write a table to ${path}`,
    kind: 'sandbox_command',
    command: ['sh', '-c', tableScript(path, columns), 'count', ...files],
    inputs: files,
    expected_outputs: [
      {
        description: `a table in ${path} with a line for each file`,
        stdout_contains: `| ${first.slice('upload/'.length)} |`,
        artifact_path: path,
      },
    ],
    evidence: [path, 'the output'],
  };
}

function commandStep(command: string, index: number): Step {
  return {
    step_id: `run-${index + 1}`,
    title: `Run ${clipLine(command, 100)}`,
    kind: 'sandbox_command',
    command: ['sh', '-c', command],
    expected_outputs: [{ description: `${clipLine(command, 100)} ends well` }],
    evidence: ['the exit code', 'the output'],
  };
}

/** A small plan by rules: a table of counts, the commands that are named, an answer in words. */
export function planFor(request: string, filesText: string): PlanAnswer {
  const files = sentFiles(filesText);
  const prompt = readPrompt(readQuestion(request));
  const counting = countingStep(prompt.question, files.slice(0, maxFiles));
  if (counting !== undefined) {
    const more = files.length - maxFiles;
    return {
      steps: [counting],
      assumptions: more > 0 ? [`only the first ${maxFiles} files are counted`] : [],
    };
  }
  const commands = prompt.commands.slice(0, maxCommands).map(({ command }) => command);
  const steps = commands.map(commandStep);
  if (steps.length === 0) return { steps: [answerStep], assumptions: [] };
  const more = prompt.commands.length - steps.length;
  return {
    steps: restNeedsAnswer(prompt) ? [...steps, answerStep] : steps,
    assumptions: more > 0 ? [`only the first ${maxCommands} commands are run`] : [],
  };
}

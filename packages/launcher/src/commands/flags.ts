import type { InputMode } from '@cynodeai/contracts/gateway';
import { Command, Option } from 'commander';
import { type InferenceChoice, inferenceChoices } from '../inference/inference.ts';

/** What `run` was told. */
export interface RunFlags {
  readonly prompt?: string;
  readonly task?: string;
  readonly taskFile?: string;
  readonly script?: string;
  readonly command?: readonly string[];
  readonly commands?: readonly string[];
  readonly commandsFile?: string;
  readonly inputMode?: InputMode;
  readonly attach?: readonly string[];
  readonly name?: string;
  readonly projectId?: string;
  readonly useInference?: boolean;
  readonly timeout?: string;
  readonly output: 'text' | 'json';
  readonly inference?: InferenceChoice;
  readonly yes?: boolean;
  readonly quiet?: boolean;
}

const collect = (value: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

/** `--inference`, of every command that starts the stack. Architecture section 6. */
export function inferenceOption(): Option {
  return new Option(
    '--inference <choice>',
    'where prompts get their answers: auto (the first that works), none, ollama, demo; kept with the install',
  ).choices(inferenceChoices);
}

/** The `run` command without its action. Contract 05 section 7.1 names the flags. */
export function runCommandLine(): Command {
  return new Command('run')
    .description('Run a task in a sandbox and print its output; sets up and starts what is missing')
    .argument('[prompt]', 'task in plain words, for a model')
    .option('-p, --prompt <text>', 'the same as a flag')
    .option('-t, --task <text>', 'another name of --prompt')
    .option('-f, --task-file <path>', 'read the prompt from a file (1 MiB)')
    .option('-s, --script <path>', 'run a shell script (256 KiB)')
    .option('--command <text>', 'run a command; repeat it for more, in this order', collect)
    .option('--commands <text...>', 'run these commands in this order')
    .option('--commands-file <path>', 'run the commands in a file, one a line (64 KiB)')
    .addOption(
      new Option('--input-mode <mode>', 'how to treat a prompt').choices([
        'prompt',
        'script',
        'commands',
      ]),
    )
    .option('-a, --attach <path>', 'put a file into upload/; repeat it for more', collect)
    .option('--name <text>', 'name of the task')
    .option('--project-id <id>', 'uuid or slug of the project')
    .option('--use-inference', 'give a script or commands a model at OLLAMA_BASE_URL')
    .option('--timeout <duration>', 'time limit of a script or commands, such as 90s, 15m or 1h')
    .addOption(
      new Option('-o, --output <format>', 'what to print')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addOption(inferenceOption())
    .option('-y, --yes', 'install missing packages and restart an outdated stack without asking')
    .option('-q, --quiet', 'no progress on stderr')
    .addHelpText(
      'after',
      `
Exit code: the job's own; 124 its time was up, 125 it could not be run, 130 interrupted.

  cynode run "What is 17*23?"
  cynode run --commands 'cat /etc/os-release' nproc
  cynode run --script build.sh --attach data.csv`,
    );
}

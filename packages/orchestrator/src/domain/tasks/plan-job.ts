import type { InputFileReference, JobPayload, SandboxJobPayload } from '../jobs/job-payload.ts';
import { commandsProgram } from './commands-program.ts';
import type { TaskInput } from './task-input.ts';
import { type AttachmentRecord, attachmentFolder, stdinName } from './task-record.ts';

const workspace = '/workspace';
const scriptPath = '.cynode/script';
const commandsPath = '.cynode/commands.sh';

interface Program {
  readonly files: readonly InputFileReference[];
  readonly command: readonly string[];
}

/** Its standard input is a file; a sandbox has none of its own. */
function withStdin({ files, command }: Program): Program {
  const redirect = ['sh', '-c', 'exec "$@" <"$0"', `${workspace}/${attachmentFolder}${stdinName}`];
  return { files, command: [...redirect, ...command] };
}

function program(input: TaskInput): Program {
  const { args = [] } = input;
  if (input.commands !== undefined) {
    return {
      files: [
        {
          path: commandsPath,
          mode: '0755',
          source: { kind: 'text', text: commandsProgram(input.commands) },
        },
      ],
      command: ['sh', `${workspace}/${commandsPath}`],
    };
  }
  if (input.mode === 'commands') return { files: [], command: args };
  const script = `${workspace}/${scriptPath}`;
  return {
    files: [{ path: scriptPath, mode: '0755', source: { kind: 'prompt' } }],
    command: [...(input.text.startsWith('#!') ? [script] : ['sh', script]), ...args],
  };
}

/**
 * The first job of a task. A prompt goes to a model and never to a shell (REQ-ORCHES-0125); raw
 * text travels as an input file, because a single argument is limited to 128 KiB.
 * See docs/reference/tasks-and-jobs.md#input-modes.
 */
export function planJob(input: TaskInput, attachments: readonly AttachmentRecord[]): JobPayload {
  if (input.mode === 'prompt') return { kind: 'inference', input_mode: 'prompt', target: 'local' };
  const { files, command } = input.stdin ? withStdin(program(input)) : program(input);
  const uploads = attachments.map((attachment): InputFileReference => ({
    path: attachment.path,
    mode: '0644',
    source: { kind: 'artifact', artifact_id: attachment.artifactId },
  }));
  const payload: SandboxJobPayload = {
    kind: 'sandbox',
    input_mode: input.mode,
    ...input.wishes,
    command,
    ...(input.timeoutSeconds !== undefined && { timeout_seconds: input.timeoutSeconds }),
    network_policy: 'none',
    use_inference: input.useInference,
    input_files: [...files, ...uploads],
  };
  return payload;
}

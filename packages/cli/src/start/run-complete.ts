import { setTimeout as delay } from 'node:timers/promises';
import { buildModel, completeWords } from '@cynodeai/command-line/completion';
import type { Program } from '@cynodeai/command-line/definition';
import { Notes, type TextStream, writeText } from '@cynodeai/command-line/output';
import type { CommandContext } from '../commands/context.ts';
import type { ProcessIo } from './create-context.ts';

const limitMs = 2000;

const nowhere: TextStream = {
  write: (_text, done) => {
    done();
    return true;
  },
};

/** Asks with the session there is: no prompt, no renewal, no word on standard error. */
async function namesFromGateway(
  globals: ReadonlyMap<string, string>,
  io: ProcessIo,
): Promise<string[]> {
  const { createContext } = await import('./create-context.ts');
  const { taskNames } = await import('../completion/task-names.ts');
  // It is the gateway that is not waited for: a busy machine may take longer to get this far.
  const limit = AbortSignal.timeout(limitMs);
  const context = await createContext({
    config: globals.get('config'),
    named: { gateway: globals.get('gateway'), context: globals.get('context') },
    format: 'table',
    io: { ...io, stdin: io.stdin, signal: AbortSignal.any([io.signal, limit]) },
    notes: new Notes({ stream: nowhere, quiet: true, color: false }),
    renew: false,
  });
  try {
    const names = context.authenticated().then(taskNames);
    return await Promise.race([names, delay(limitMs, [], { ref: false })]);
  } finally {
    await context.close();
  }
}

/**
 * `cynork __complete -- <words>`, for the completion scripts: what may stand in place of the last
 * word, one a line. Paths are left to the shell. It says nothing when it fails, and gives the gateway
 * 2 s. See docs/reference/cli.md#completion.
 */
export async function runComplete(
  argv: readonly string[],
  io: ProcessIo,
  program: Program<CommandContext>,
): Promise<number> {
  const words = argv[0] === '--' ? argv.slice(1) : argv;
  const { expected, prefix, globals } = completeWords(buildModel(program), words);
  let candidates: readonly string[] = [];
  if (expected.kind === 'choices') candidates = expected.choices;
  if (expected.kind === 'task') {
    candidates = await namesFromGateway(globals, io).catch(() => []);
  }
  const fitting = candidates.filter((candidate) => candidate.startsWith(prefix));
  await writeText(io.stdout, fitting.map((candidate) => `${candidate}\n`).join(''));
  return 0;
}

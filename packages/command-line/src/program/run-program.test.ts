import { describe, expect, it } from 'vitest';
import { type Flags, type ParsedInput, type Program, defineCommand } from '../definition/index.ts';
import { UsageError } from '../error/index.ts';
import type { TextStream } from '../output/index.ts';
import { runProgram } from './run-program.ts';

/** What a command of the test was given. */
interface Seen {
  input: ParsedInput | undefined;
}

const globals = {
  quiet: { type: 'boolean', short: 'q', help: 'say less' },
} as const satisfies Flags;

const program: Program<Seen, typeof globals> = {
  name: 'tool',
  summary: 'A program for tests',
  globals,
  notes: 'Kept in TOOL_HOME.',
  groups: [{ name: 'box', summary: 'Boxes' }],
  commands: [
    defineCommand({
      path: ['run'],
      summary: 'Run something',
      args: { prompt: { help: 'what to do', optional: true } },
      flags: {
        commands: { type: 'strings', value: 'text', many: true, help: 'several' },
        command: { type: 'strings', value: 'text', help: 'one; repeat it' },
        retries: { type: 'integer', value: 'n', min: 0, max: 3, help: 'tries' },
      },
      rest: 'words for it',
      notes: 'Exit code: the own one.',
      load: async () => async (seen: Seen, input) => {
        seen.input = input;
        return 7;
      },
    }),
    defineCommand({
      path: ['serve'],
      summary: 'Serve roles',
      args: { role: { help: 'which', many: true, choices: ['node', 'gateway'] } },
      flags: {},
      load: async () => async (seen: Seen, input) => {
        seen.input = input;
      },
    }),
    defineCommand({
      path: ['bench'],
      summary: 'Hand words on',
      args: { words: { help: 'options of the benchmark', optional: true, many: true } },
      flags: {},
      verbatim: true,
      load: async () => async (seen: Seen, input) => {
        seen.input = input;
      },
    }),
    defineCommand({
      path: ['box', 'open'],
      summary: 'Open a box',
      args: { name: 'which box' },
      flags: {},
      load: async () => async () => {
        throw new Error('it is stuck');
      },
    }),
  ],
};

interface Ran {
  readonly code: number;
  readonly text: string;
  readonly error: unknown;
  readonly input: ParsedInput | undefined;
  readonly path: readonly string[] | undefined;
  readonly quiet: boolean | undefined;
}

async function run(...argv: string[]): Promise<Ran> {
  const seen: Seen = { input: undefined };
  let text = '';
  let error: unknown;
  let path: readonly string[] | undefined;
  let quiet: boolean | undefined;
  const stdout: TextStream = {
    write: (part, done) => {
      text += part;
      done();
      return true;
    },
  };
  const code = await runProgram(program, argv, {
    stdout,
    version: async () => 'tool 1',
    run: (request) => {
      quiet = request.globals.quiet;
      return request.command.run(seen, request.input);
    },
    explain: async (fault, request) => {
      error = fault;
      path = request?.command.path;
      return 2;
    },
  });
  return { code, text, error, input: seen.input, path, quiet };
}

describe('runProgram', () => {
  it('answers the exit code of the command, 0 when it says none', async () => {
    expect((await run('run')).code).toBe(7);
    expect((await run('serve', 'node')).code).toBe(0);
  });

  it('reads optional and many arguments, and flags of one or many words', async () => {
    expect((await run('run')).input).toEqual({ args: { prompt: undefined }, flags: {} });
    expect((await run('run', 'a b', '--command', 'x', '--command', '-y')).input).toEqual({
      args: { prompt: 'a b' },
      flags: { command: ['x', '-y'] },
    });
    expect((await run('run', '--commands', 'a', 'b', '--retries', '2')).input?.flags).toEqual({
      commands: ['a', 'b'],
      retries: 2,
    });
    expect((await run('serve', 'gateway', 'node')).input?.args).toEqual({
      role: ['gateway', 'node'],
    });
  });

  it('hands the words behind -- to a command that takes them, and to no other', async () => {
    const { input, quiet } = await run('run', '-q', '--command', 'a', '--', '-x', '--', '--help');
    expect(input).toEqual({
      args: { prompt: undefined },
      flags: { command: ['a'] },
      rest: ['-x', '--', '--help'],
    });
    expect(quiet).toBe(true);
    expect((await run('run', '--')).input?.rest).toEqual([]);
    expect((await run('serve', '--', 'node')).input).toEqual({
      args: { role: ['node'] },
      flags: {},
    });
    expect((await run('run', '--command', '--')).input?.flags).toEqual({ command: ['--'] });
    expect((await run('run', '--what', '--', 'a')).error).toBeInstanceOf(UsageError);
    expect((await run('run', '--help')).text).toContain('Behind --: words for it');
  });

  it('takes global flags before and behind the command', async () => {
    expect((await run('-q', 'run')).quiet).toBe(true);
    expect((await run('run', '-q')).quiet).toBe(true);
    expect((await run('run')).quiet).toBeUndefined();
  });

  it('hands words on as they are to a command that wants them so', async () => {
    const words = ['--only', 'a', '--help', '-q', '--', 'x'];
    expect((await run('bench', ...words)).input?.args).toEqual({ words });
    expect((await run('bench')).input?.args).toEqual({ words: [] });
  });

  it('prints help with its notes, for the program, a group and a command', async () => {
    for (const argv of [[], ['--help'], ['help']]) {
      const { code, text } = await run(...argv);
      expect(code).toBe(0);
      expect(text).toMatch(/^Usage: tool [^]*serve[^]*\nKept in TOOL_HOME\.\n$/);
    }
    expect((await run('box')).text).toContain('open');
    for (const argv of [
      ['run', '--help'],
      ['help', 'run'],
    ]) {
      expect((await run(...argv)).text).toMatch(
        /--commands <text\.\.\.>[^]*\nExit code: the own one\.\n$/,
      );
    }
  });

  it('prints the version wherever it is asked for before a command', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, text: 'tool 1\n' });
    expect(await run('-q', '--version')).toMatchObject({ code: 0, text: 'tool 1\n' });
  });

  it.each([
    [['rum'], "unknown command 'rum' (Did you mean run?)", []],
    [['run', '--comand', 'x'], "unknown option '--comand' (Did you mean --command?)", ['run']],
    [['run', 'a', 'b'], 'too many arguments', ['run']],
    [['run', '--retries', '4'], 'whole number from 0 to 3', ['run']],
    [['serve'], "missing required argument 'role'", ['serve']],
    [['serve', 'moon'], 'Allowed choices are node, gateway', ['serve']],
    [['box', 'shut'], "unknown command 'shut'", ['box']],
  ])('%j cannot be understood: %s', async (argv, why, path) => {
    const { code, error, text } = await run(...argv);
    expect([code, text]).toEqual([2, '']);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      code: 'usage',
      path,
      message: expect.stringContaining(why) as string,
    });
    expect((error as Error).message).not.toContain('\n');
  });

  it('a failure of a command is explained with its request', async () => {
    expect(await run('box', 'open', 'x')).toMatchObject({
      error: new Error('it is stuck'),
      path: ['box', 'open'],
    });
  });
});

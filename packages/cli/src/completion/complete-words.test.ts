import { buildModel, completeWords } from '@cynodeai/command-line/completion';
import { describe, expect, it } from 'vitest';
import { cynork } from '../commands/catalogue.ts';

const model = buildModel(cynork);
const at = (...words: string[]) => completeWords(model, words);

describe('completeWords', () => {
  it.each([
    [
      [''],
      [
        'auth',
        'context',
        'task',
        'nodes',
        'secrets',
        'settings',
        'users',
        'audit',
        'workspaces',
        'version',
        'status',
        'completion',
      ],
    ],
    [
      ['-q', '-o', 'json', 'auth', ''],
      ['login', 'logout', 'whoami', 'refresh', 'passwd'],
    ],
    [
      ['task', 'list', '--status', ''],
      ['queued', 'running', 'completed', 'failed', 'canceled', 'superseded'],
    ],
    [
      ['task', 'list', '--status=run'],
      ['queued', 'running', 'completed', 'failed', 'canceled', 'superseded'],
    ],
    [
      ['-o', ''],
      ['table', 'json', 'jsonl'],
    ],
    [['-oj'], ['table', 'json', 'jsonl']],
    [
      ['task', 'logs', 'x', '--stream', 'a'],
      ['stdout', 'stderr', 'all'],
    ],
    [
      ['task', 'create', '--input-mode', ''],
      ['prompt', 'script', 'commands'],
    ],
    [
      ['users', 'grant', 'bob', '--role', ''],
      ['owner', 'admin', 'operator', 'member', 'viewer'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
  ])('after %j come exactly the words that may', (words, choices) => {
    expect(at(...words).expected).toEqual({ kind: 'choices', choices });
  });

  it.each(['get', 'result', 'watch', 'cancel', 'logs'])('task %s expects a task', (command) => {
    expect(at('task', command, 'say')).toMatchObject({ expected: { kind: 'task' }, prefix: 'say' });
    expect(at('task', command, '--quiet', '--', '-x')).toMatchObject({
      expected: { kind: 'task' },
      prefix: '-x',
    });
    expect(at('task', command, 'one', '')).toMatchObject({ expected: { kind: 'text' } });
  });

  it.each([
    ['-c', 'x'],
    ['--config=x'],
    ['task', 'create', '-s', ''],
    ['task', 'create', '--attach', ''],
    ['task', 'create', '--commands-file', ''],
    ['task', 'create', '-fx'],
  ])('a path is left to the shell: %s %s %s %s', (...words) => {
    expect(at(...words.filter((word) => word !== undefined)).expected).toEqual({ kind: 'file' });
  });

  it('free text, unknown flags and unknown commands have nothing to offer', () => {
    for (const words of [
      ['task', 'create', '--prompt', 'ta'],
      ['task', 'create', '--nope=', ''],
      ['nope', 'list', ''],
      ['version', ''],
    ]) {
      expect(at(...words).expected.kind).not.toBe('task');
    }
    expect(at('task', 'create', '--prompt', 'ta').expected).toEqual({ kind: 'text' });
    expect(at('task', 'create', '--nope=v').expected).toEqual({ kind: 'text' });
  });

  it('flags of the place and the global ones come after a dash', () => {
    const { expected } = at('task', 'cancel', '-');
    expect(expected).toMatchObject({
      choices: expect.arrayContaining([
        '-y',
        '--yes',
        '-c',
        '--config',
        '-h',
        '--help',
      ]) as string[],
    });
    expect(JSON.stringify(expected)).not.toContain('--wait');
  });

  it('finds the config file and the gateway wherever they were given', () => {
    const globals = (...words: string[]) => Object.fromEntries(at(...words).globals);
    expect(globals('-c', 'a', 'task', 'get', '')).toEqual({ config: 'a' });
    expect(globals('task', '--config=b', 'get', '')).toEqual({ config: 'b' });
    expect(globals('task', 'get', '-cd', '')).toEqual({ config: 'd' });
    expect(globals('--gateway', 'g', 'task', 'get', '--context=c', '')).toEqual({
      gateway: 'g',
      context: 'c',
    });
    expect(globals('task', 'create', '--name', 'n', '')).toEqual({});
  });

  it('with no word at all, the first may be a command', () => {
    expect(at().expected.kind).toBe('choices');
  });
});

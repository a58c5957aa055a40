import { describe, expect, it } from 'vitest';
import { looksLikeCommand } from './looks-like-command.ts';

describe('a prompt that reads like a command', () => {
  it.each(['ls', ' ls -la /tmp', 'cat README.md', 'python3 -V', 'git status', 'make test'])(
    'is %j',
    (prompt) => expect(looksLikeCommand(prompt)).toBe(true),
  );

  it.each([
    '',
    'Which model are you?',
    'find the largest file',
    'sort these words: b, a',
    'test whether the numbers are prime',
    'date of the moon landing',
    'make me a plan',
    'listen',
    'ls but told as a poem about folders and files in rhymes',
  ])('is not %j', (prompt) => expect(looksLikeCommand(prompt)).toBe(false));
});

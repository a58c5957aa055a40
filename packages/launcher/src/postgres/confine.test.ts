import { expect, it } from 'vitest';
import { confinedPostgres, serverEnv } from './confine.ts';

const command = { program: '/opt/bin/postgres', args: ['-D', '/data'] };
const shown = (refused: boolean): readonly string[] => confinedPostgres(command, refused).args;

it('runs the program as who we are where PostgreSQL accepts the user', () => {
  expect(shown(false)).not.toContain('user');
  expect(shown(false).slice(-4)).toEqual(['--', '/opt/bin/postgres', '-D', '/data']);
});

it('shows another user to PostgreSQL where it would refuse ours', () => {
  const args = shown(true);
  expect(args[args.indexOf('user') + 1]).toBe('65534');
  expect(args.slice(-4)).toEqual(['--', '/opt/bin/postgres', '-D', '/data']);
});

it('passes nothing of our environment on', () => {
  expect(Object.keys(serverEnv).toSorted()).toEqual(['LC_ALL', 'PATH', 'TZ']);
});

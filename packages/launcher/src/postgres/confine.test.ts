import { expect, it } from 'vitest';
import { confined, serverEnv } from './confine.ts';

const command = { program: '/opt/bin/postgres', args: ['-D', '/data'] };

it('runs the program as it is where PostgreSQL accepts the user', () => {
  expect(confined(command, false)).toEqual(command);
});

it('shows another user to PostgreSQL where it would refuse ours', () => {
  expect(confined(command, true)).toEqual({
    program: 'unshare',
    args: [
      '--user',
      '--map-user=65534',
      '--map-group=65534',
      '--',
      '/opt/bin/postgres',
      '-D',
      '/data',
    ],
  });
});

it('passes nothing of our environment on', () => {
  expect(Object.keys(serverEnv).toSorted()).toEqual(['LC_ALL', 'PATH', 'TZ']);
});

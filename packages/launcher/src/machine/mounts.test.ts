import { expect, it } from 'vitest';
import { mountsBelow } from './mounts.ts';

it('finds mounts at and below a folder, and not beside it', () => {
  const table = 'overlay /a/b overlay rw 0 0\nx /a/bc tmpfs rw 0 0\ny /a/b/c\\040d tmpfs rw 0 0\n';
  expect(mountsBelow('/a/b', table)).toEqual(['/a/b', '/a/b/c d']);
});

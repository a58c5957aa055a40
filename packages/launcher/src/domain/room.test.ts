import { describe, expect, it } from 'vitest';
import { lackOfRoom, roomNeeded } from './room.ts';

describe('the room that a start needs', () => {
  it('is that of what is not there yet', () => {
    const needed = (database: boolean, image: boolean): number =>
      roomNeeded({ database, image }).reduce((sum, { mib }) => sum + mib, 0);
    expect(needed(false, false)).toBe(704);
    expect(needed(true, false)).toBe(640);
    expect(needed(false, true)).toBe(104);
    expect(needed(true, true)).toBe(40);
  });

  it('is told with what is free and what it is for, and what to do', () => {
    const parts = roomNeeded({ database: false, image: false });
    expect(lackOfRoom({ directory: '/s', freeMib: 704, parts })).toBeUndefined();
    expect(lackOfRoom({ directory: '/s', freeMib: 703.9, parts })).toBe(
      'the disk of /s has 703 MiB free, and this start needs 704 MiB there (the database 64, the sandbox image 600, everything else 40); make room, or set CYNODE_HOME to a folder on a larger disk',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { homeDirOf, runDirCandidates, socketPathBytes } from './paths.ts';

describe('the state folder', () => {
  it('is CYNODE_HOME, else below XDG_STATE_HOME, else below the home folder', () => {
    expect(homeDirOf({ CYNODE_HOME: '/a', XDG_STATE_HOME: '/b', HOME: '/c' })).toBe('/a');
    expect(homeDirOf({ CYNODE_HOME: '', XDG_STATE_HOME: '/b', HOME: '/c' })).toBe('/b/cynode');
    expect(homeDirOf({ HOME: '/c' })).toBe('/c/.local/state/cynode');
  });
});

describe('the folder for sockets', () => {
  it('prefers /run for root and the runtime folder for others', () => {
    expect(runDirCandidates('/h', {}, 0)[0]).toMatch(/^\/run\/cynode\/[0-9a-f]{8}$/);
    const own = runDirCandidates('/h', { XDG_RUNTIME_DIR: '/run/user/7' }, 7);
    expect(own[0]).toMatch(/^\/run\/user\/7\/cynode\/[0-9a-f]{8}$/);
    expect(runDirCandidates('/h', {}, 7)).toEqual([expect.stringMatching(/^\/tmp\/cynode-7\//)]);
  });

  it('differs between installs', () => {
    expect(runDirCandidates('/h1', {}, 0)[0]).not.toBe(runDirCandidates('/h2', {}, 0)[0]);
  });

  it('is never so long that a socket would not fit', () => {
    const env = { XDG_RUNTIME_DIR: `/run/${'x'.repeat(80)}` };
    for (const path of runDirCandidates('/h', env, 7)) {
      expect(`${path}/0123abcd/pg/.s.PGSQL.5432`.length).toBeLessThanOrEqual(socketPathBytes);
    }
  });
});

import { userHomeOf } from '@cynodeai/api-client/local-install';
import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { engineDirOf, homeDirOf, pathsOf, runDirCandidates, socketPathBytes } from './paths.ts';

describe('the state folder', () => {
  it('is CYNODE_HOME, else below XDG_STATE_HOME, else below the home folder', () => {
    expect(homeDirOf({ CYNODE_HOME: '/a', XDG_STATE_HOME: '/b', HOME: '/c' })).toBe('/a');
    expect(homeDirOf({ CYNODE_HOME: '', XDG_STATE_HOME: '/b', HOME: '/c' })).toBe('/b/cynode');
    expect(homeDirOf({ HOME: '/c' })).toBe('/c/.local/state/cynode');
  });
});

describe('a folder that container engines are told of', () => {
  const place = (home: string) => ({ paths: pathsOf(home), runDir: '/run/cynode/0123abcd' });

  it.each(['/h', '/home/ada/.local/state/cynode', '/a-b_c.d@e+f/0'])('is itself: %s', (home) => {
    expect(engineDirOf('node', place(home))).toBe(`${home}/node`);
    expect(engineDirOf('images', place(home))).toBe(`${home}/images`);
  });

  it.each([
    '/a b',
    '/a:b',
    '/a,b',
    '/ü',
    '/日本',
    '/a"b',
    "/a'b",
    '/a=b',
    '/a%20',
    '/a\\b',
    '/a\nb',
  ])('is a link in the folder for sockets: %s', (home) => {
    expect(engineDirOf('node', place(home))).toBe('/run/cynode/0123abcd/node');
    expect(engineDirOf('images', place(home))).toBe('/run/cynode/0123abcd/images');
  });
});

describe('the user’s own folder', () => {
  it('is HOME, else that of the table of users', () => {
    expect(userHomeOf({ HOME: '/a' })).toBe('/a');
    for (const env of [{}, { HOME: '' }]) {
      expect(userHomeOf(env)).toBe(userInfo().homedir);
      expect(homeDirOf(env)).toBe(`${userInfo().homedir}/.local/state/cynode`);
    }
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

  it('is none that an engine would take apart, whatever is in the path of the runtime folder', () => {
    for (const name of ['a b', 'a:b', 'a,b', 'ü', 'a"b', 'a=b', 'a%b', 'a\\b', '$a']) {
      const found = runDirCandidates('/h', { XDG_RUNTIME_DIR: `/run/${name}` }, 7);
      expect(found, name).toEqual([expect.stringMatching(/^\/tmp\/cynode-7\/[0-9a-f]{8}$/)]);
    }
  });

  it('is never so long that a socket would not fit', () => {
    const env = { XDG_RUNTIME_DIR: `/run/${'x'.repeat(80)}` };
    for (const path of runDirCandidates('/h', env, 7)) {
      expect(`${path}/0123abcd/pg/.s.PGSQL.5432`.length).toBeLessThanOrEqual(socketPathBytes);
    }
  });
});

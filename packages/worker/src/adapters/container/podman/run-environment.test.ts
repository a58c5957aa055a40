import { describe, expect, it } from 'vitest';
import { runEnvironment } from './run-environment.ts';

describe('the variables of a job on their way to the engine', () => {
  it('go through a file, whatever the engine would make of their names', () => {
    const env = { A: '1', LD_PRELOAD: '/x.so', PATH: '/bin', EMPTY: '', HASH: '#=" ' };
    expect(runEnvironment(env)).toStrictEqual({
      file: 'A=1\nLD_PRELOAD=/x.so\nPATH=/bin\nEMPTY=\nHASH=#=" \n',
      byName: {},
      refused: [],
    });
  });

  it('go by name when a line cannot hold them', () => {
    const long = 'x'.repeat(61 * 1024);
    expect(runEnvironment({ PEM: 'a\nb', CR: 'a\rb', LONG: long })).toStrictEqual({
      file: '',
      byName: { PEM: 'a\nb', CR: 'a\rb', LONG: long },
      refused: [],
    });
  });

  it.each([
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'PATH',
    'HOME',
    'GODEBUG',
    'GCONV_PATH',
    'CONTAINERS_CONF',
    'CONTAINER_HOST',
    'XDG_RUNTIME_DIR',
    'TMPDIR',
    'https_proxy',
    'HTTPS_PROXY',
    '_CONTAINERS_USERNS_CONFIGURED',
    'NOTIFY_SOCKET',
    'STORAGE_OPTS',
    'GLIBC_TUNABLES',
  ])('are refused when %s would have to go by name', (name) => {
    expect(runEnvironment({ [name]: 'a\nb' })).toMatchObject({ byName: {}, refused: [name] });
  });
});

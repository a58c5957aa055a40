import { describe, expect, it } from 'vitest';
import { nameFault, wantedVariant } from './variants.ts';

describe('a variant of the sandbox image', () => {
  it('has the packages that are named, once each, and a name made of them', () => {
    expect(wantedVariant(['nodejs,golang', 'nodejs'], undefined)).toEqual({
      name: 'nodejs-golang',
      packages: ['nodejs', 'golang'],
    });
    expect(wantedVariant(['g++, libc6-dev'], 'cpp')).toEqual({
      name: 'cpp',
      packages: ['g++', 'libc6-dev'],
    });
  });

  it.each([
    [['g++'], undefined, '--name NAME'],
    [[','], undefined, 'names no package'],
    [['nodejs'], 'sandbox', 'the default image'],
    [['nodejs'], 'Web', 'cannot be the name'],
    [['nodejs'], '../x', 'cannot be the name'],
    [[Array.from({ length: 65 }, (_, index) => `p${index}`).join(',')], 'x', 'too many'],
  ])('is refused with the reason', (lists, name, words) => {
    expect(wantedVariant(lists, name)).toEqual({ fault: expect.stringContaining(words) });
  });

  it.each([
    'a',
    'curl-',
    '-o',
    '--allow-unauthenticated',
    'Curl',
    'a;id',
    '$(id)',
    '`id`',
    'a=1',
    'a/bookworm',
    'a:i386',
    'x'.repeat(101),
    'a*',
    '/tmp/x.deb',
  ])('takes no package called %j', (name) => {
    expect(wantedVariant([name], 'x')).toEqual({
      fault: `${JSON.stringify(name)} is no name of a package`,
    });
  });

  it('has a name that an engine takes', () => {
    expect(['web', 'go1.24', 'a_b'].map(nameFault)).toEqual([undefined, undefined, undefined]);
  });
});

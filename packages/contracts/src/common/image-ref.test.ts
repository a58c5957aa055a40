import { describe, expect, it } from 'vitest';
import { isVariantName, normaliseImageRef, variantOf, variantRef } from './image-ref.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('image references', () => {
  it.each([
    ['bash', 'docker.io/library/bash:latest'],
    ['docker.io/bash', 'docker.io/library/bash:latest'],
    ['bash:5', 'docker.io/library/bash:5'],
    ['team/tool', 'docker.io/team/tool:latest'],
    ['localhost/cynode/sandbox', 'localhost/cynode/sandbox:latest'],
    ['localhost:5000/x:1', 'localhost:5000/x:1'],
    ['registry:5000/x', 'registry:5000/x:latest'],
    ['quay.io/a/b_c--d.e:v1.2-x', 'quay.io/a/b_c--d.e:v1.2-x'],
    [`quay.io/a/b:1@${digest}`, `quay.io/a/b@${digest}`],
  ])('%s means %s', (ref, full) => {
    expect(normaliseImageRef(ref)).toBe(full);
  });

  it.each([
    '',
    '-v=/:/x',
    '--privileged',
    'a b',
    'A/b',
    'a:',
    'dir:/etc',
    'a@sha256:12',
    '/a',
    'a/',
    'a//b',
    'x'.repeat(513),
  ])('refuses %j, which could be read as something else', (ref) => {
    expect(normaliseImageRef(ref)).toBeUndefined();
  });

  it('tell the variants of the sandbox image that a node made', () => {
    for (const name of ['web', 'go1.24', 'nodejs-golang']) {
      expect(isVariantName(name)).toBe(true);
      expect(variantOf(variantRef(name))).toBe(name);
      expect(normaliseImageRef(variantRef(name))).toBe(variantRef(name));
    }
    for (const name of ['', 'A', 'a b', 'a/b', 'a:1', '-a', 'a-', 'x'.repeat(64), 'g++', '$(id)']) {
      expect(isVariantName(name)).toBe(false);
    }
    for (const ref of ['localhost/cynode/sandbox:1', 'docker.io/library/web:latest', 'web']) {
      expect(variantOf(ref)).toBeUndefined();
    }
  });
});

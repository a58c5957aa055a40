import { describe, expect, it } from 'vitest';
import { isImageAllowed, normaliseImageRef } from './image-ref.ts';

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

  it('are compared in full, and without a list everything is allowed (REQ-WORKER-0122)', () => {
    expect(isImageAllowed('docker.io/library/bash:latest', undefined)).toBe(true);
    expect(isImageAllowed('docker.io/library/bash:latest', ['bash'])).toBe(true);
    expect(isImageAllowed('docker.io/library/bash:5', ['bash', 'no image'])).toBe(false);
    expect(isImageAllowed('docker.io/library/bash:latest', [])).toBe(false);
  });
});

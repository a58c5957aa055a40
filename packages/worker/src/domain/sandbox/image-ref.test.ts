import { expect, it } from 'vitest';
import { isImageAllowed } from './image-ref.ts';

it('images are compared in full, and without a list everything is allowed (REQ-WORKER-0122)', () => {
  expect(isImageAllowed('docker.io/library/bash:latest', undefined)).toBe(true);
  expect(isImageAllowed('docker.io/library/bash:latest', ['bash'])).toBe(true);
  expect(isImageAllowed('docker.io/library/bash:5', ['bash', 'no image'])).toBe(false);
  expect(isImageAllowed('docker.io/library/bash:latest', [])).toBe(false);
});

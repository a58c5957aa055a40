import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notReadyBecause, readinessConditions } from './readiness.ts';

describe('readiness', () => {
  it('needs every condition and no shutdown (REQ-WORKER-0140)', () => {
    fc.assert(
      fc.property(fc.subarray([...readinessConditions]), fc.boolean(), (met, shuttingDown) => {
        const reason = notReadyBecause({ met: new Set(met), shuttingDown });
        expect(reason === undefined).toBe(
          met.length === readinessConditions.length && !shuttingDown,
        );
      }),
    );
  });

  it('names the first thing that is missing', () => {
    expect(notReadyBecause({ met: new Set(), shuttingDown: false })).toBe('container runtime');
    expect(
      notReadyBecause({
        met: new Set(['runtime', 'mountRoot', 'registration']),
        shuttingDown: false,
      }),
    ).toBe('config');
    const withoutInference = new Set(readinessConditions.filter((one) => one !== 'inference'));
    expect(notReadyBecause({ met: withoutInference, shuttingDown: false })).toBe('inference');
    expect(notReadyBecause({ met: new Set(readinessConditions), shuttingDown: true })).toBe(
      'shutting down',
    );
  });
});

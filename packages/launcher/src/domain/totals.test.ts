import { describe, expect, it } from 'vitest';
import { cucumberTotals, vitestTotals } from './totals.ts';

describe('totals of a Vitest report', () => {
  it('count a test that did not run as failed', () => {
    const report = { numTotalTests: 10, numPassedTests: 7, numFailedTests: 1, numPendingTests: 2 };
    expect(vitestTotals(report)).toEqual({ passed: 7, failed: 3 });
  });

  it('count a file that could not be loaded', () => {
    const report = {
      numTotalTests: 1,
      numPassedTests: 1,
      testResults: [
        { status: 'passed', assertionResults: [{}] },
        { status: 'failed', assertionResults: [] },
      ],
    };
    expect(vitestTotals(report)).toEqual({ passed: 1, failed: 1 });
  });

  it('are nothing for a text of another form', () => {
    expect(vitestTotals('x')).toEqual({ passed: 0, failed: 0 });
  });
});

describe('totals of a Cucumber report', () => {
  const step = (status: string): unknown => ({ result: { status } });

  it('count scenarios, and every status but passed as failed', () => {
    const report = [
      { elements: [{ steps: [step('passed'), step('passed')] }, { steps: [step('undefined')] }] },
      { elements: [{ steps: [step('passed'), step('skipped')] }, { steps: [step('failed')] }] },
    ];
    expect(cucumberTotals(report)).toEqual({ passed: 1, failed: 3 });
  });
});

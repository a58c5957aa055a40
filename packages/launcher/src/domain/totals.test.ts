import { describe, expect, it } from 'vitest';
import { cucumberTotals, vitestTotals } from './totals.ts';

describe('totals of a Vitest report', () => {
  it('count a test that did not run as failed', () => {
    const report = { numTotalTests: 10, numPassedTests: 7, numFailedTests: 1, numPendingTests: 2 };
    expect(vitestTotals(report)).toEqual({ passed: 7, failed: 3, failures: [] });
  });

  it('name each test that did not pass, with its file and why, on one line', () => {
    const failed = {
      status: 'failed',
      fullName: 'a door is shut',
      failureMessages: [`AssertionError: open\n    at ${'x'.repeat(400)}`],
    };
    const testResults = [
      { name: 'door.test.ts', assertionResults: [{ status: 'passed' }, failed] },
      { name: 'wall.test.ts', assertionResults: [{ status: 'skipped', fullName: 'a wall' }] },
    ];
    const [first, second, ...more] = vitestTotals({ testResults }).failures;
    expect(first).toMatch(/^door\.test\.ts · a door is shut · AssertionError: open at x+$/);
    expect(first?.length).toBeLessThan(350);
    expect(second).toBe('wall.test.ts · a wall');
    expect(more).toEqual([]);
  });

  it('count a file that could not be loaded', () => {
    const report = {
      numTotalTests: 1,
      numPassedTests: 1,
      testResults: [
        { status: 'passed', assertionResults: [{ status: 'passed' }] },
        { status: 'failed', name: 'b.test.ts', message: 'no such module', assertionResults: [] },
      ],
    };
    expect(vitestTotals(report)).toEqual({
      passed: 1,
      failed: 1,
      failures: ['b.test.ts · no such module'],
    });
  });

  it('are nothing for a text of another form', () => {
    expect(vitestTotals('x')).toEqual({ passed: 0, failed: 0, failures: [] });
  });
});

describe('totals of a Cucumber report', () => {
  const step = (status: string): unknown => ({
    name: 'the door is shut',
    result: { status, ...(status === 'failed' && { error_message: 'it is open' }) },
  });

  it('count scenarios, and every status but passed as failed', () => {
    const report = [
      { elements: [{ steps: [step('passed'), step('passed')] }, { steps: [step('undefined')] }] },
      {
        uri: 'a.feature',
        elements: [
          { steps: [step('passed'), step('skipped')] },
          { name: 'A door', steps: [step('failed')] },
        ],
      },
    ];
    expect(cucumberTotals(report)).toEqual({
      passed: 1,
      failed: 3,
      failures: [
        'the door is shut',
        'a.feature · the door is shut',
        'a.feature · A door · the door is shut it is open',
      ],
    });
  });
});

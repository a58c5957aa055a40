/** How many tests passed and how many did not. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

export const noTests: Totals = { passed: 0, failed: 0 };

export function addTotals(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}

function get(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);

/**
 * Totals of a Vitest JSON report. A test that did not run counts as failed: nothing may be left out silently, and
 * a file that could not even be loaded counts once.
 */
export function vitestTotals(report: unknown): Totals {
  const total = count(get(report, 'numTotalTests'));
  const passed = count(get(report, 'numPassedTests'));
  const broken = list(get(report, 'testResults')).filter(
    (file) => get(file, 'status') === 'failed' && list(get(file, 'assertionResults')).length === 0,
  );
  return { passed, failed: total - passed + broken.length };
}

/** Totals of a Cucumber JSON report: a scenario passes when every step and hook did. */
export function cucumberTotals(report: unknown): Totals {
  const scenarios = list(report).flatMap((feature) => list(get(feature, 'elements')));
  const passed = scenarios.filter((scenario) =>
    list(get(scenario, 'steps')).every((step) => get(get(step, 'result'), 'status') === 'passed'),
  ).length;
  return { passed, failed: scenarios.length - passed };
}

/** How many tests passed and how many did not, and a line for each that did not: where, which, why. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly string[];
}

export const noTests: Totals = { passed: 0, failed: 0, failures: [] };

export function addTotals(a: Totals, b: Totals): Totals {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    failures: [...a.failures, ...b.failures],
  };
}

/** Longest reason of a line, in characters. */
const maxReason = 300;

function get(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const word = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A reason on one line. */
function lineOf(where: unknown, name: unknown, reason: unknown): string {
  const short = word(reason).replaceAll(/\s+/g, ' ').trim().slice(0, maxReason);
  return [word(where), word(name), short].filter((part) => part !== '').join(' · ');
}

/**
 * Totals of a Vitest JSON report. A test that did not run counts as failed: nothing may be left out silently, and
 * a file that could not even be loaded counts once.
 */
export function vitestTotals(report: unknown): Totals {
  const total = count(get(report, 'numTotalTests'));
  const passed = count(get(report, 'numPassedTests'));
  const files = list(get(report, 'testResults'));
  const broken = files.filter(
    (file) => get(file, 'status') === 'failed' && list(get(file, 'assertionResults')).length === 0,
  );
  const failures = files.flatMap((file) =>
    list(get(file, 'assertionResults'))
      .filter((test) => word(get(test, 'status')) !== 'passed')
      .map((test) =>
        lineOf(get(file, 'name'), get(test, 'fullName'), list(get(test, 'failureMessages'))[0]),
      ),
  );
  return {
    passed,
    failed: total - passed + broken.length,
    failures: [
      ...failures,
      ...broken.map((file) => lineOf(get(file, 'name'), '', get(file, 'message'))),
    ],
  };
}

/** Totals of a Cucumber JSON report: a scenario passes when every step and hook did. */
export function cucumberTotals(report: unknown): Totals {
  const scenarios = list(report).flatMap((feature) =>
    list(get(feature, 'elements')).map((scenario) => ({ feature, scenario })),
  );
  const failures = scenarios.flatMap(({ feature, scenario }) => {
    const steps = list(get(scenario, 'steps'));
    const broken = steps.find((step) => get(step, 'result', 'status') !== 'passed');
    if (broken === undefined) return [];
    const reason = `${word(get(broken, 'name'))} ${word(get(broken, 'result', 'error_message'))}`;
    return [lineOf(get(feature, 'uri'), get(scenario, 'name'), reason)];
  });
  return { passed: scenarios.length - failures.length, failed: failures.length, failures };
}

import { describe, expect, it } from 'vitest';
import { type Evidence, checkResult } from './check-result.ts';

const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  jobId: '018f0000-0000-7000-8000-000000000001',
  jobStatus: 'completed',
  exitCode: 0,
  stdout: '42 words\n',
  stderr: '',
  truncated: false,
  artifacts: [{ path: 'report.md', sizeBytes: 12 }],
  ...more,
});
const step = (...outputs: object[]) => ({
  kind: 'sandbox_command' as const,
  expected_outputs: outputs.map((output) => ({ description: 'it works', exit_code: 0, ...output })),
});
const messages = (outputs: object, more: Partial<Evidence> = {}): string[] =>
  checkResult(step(outputs), evidence(more)).map(({ message }) => message);

describe('what can be seen of a step without judgement', () => {
  it('is nothing where all that was expected is there', () => {
    expect(messages({ stdout_contains: '42', artifact_path: 'report.md' })).toEqual([]);
    expect(messages({ exit_code: 3 }, { exitCode: 3, jobStatus: 'failed' })).toEqual([]);
  });

  it.each([
    [{}, { exitCode: 1, jobStatus: 'failed' }, 'the command ended with 1, not 0'],
    [{ exit_code: 3 }, {}, 'the command ended with 0, not 3'],
    [{ stdout_contains: '43' }, {}, 'the output does not contain "43"'],
    [
      { stdout_contains: '43' },
      { truncated: true },
      'the output does not contain "43" in what is kept of it',
    ],
    [{ artifact_path: 'x.md' }, {}, 'the file x.md was not made'],
    [
      { artifact_path: 'report.md' },
      { artifacts: [{ path: 'report.md', sizeBytes: 0 }] },
      'the file report.md is empty',
    ],
  ])('of %o with %o is: %s', (output, more, message) => {
    expect(messages(output, more)).toEqual([message]);
  });

  it('of a job that never ran is that, once', () => {
    const canceled = evidence({ jobStatus: 'canceled', exitCode: undefined });
    expect(checkResult(step({}, {}), canceled)).toMatchObject([
      { criterion: 'the step ran', message: 'its job is canceled' },
    ]);
  });

  it('quotes what the job wrote, at most a KiB, of the errors where there are any', () => {
    const [finding] = checkResult(step({}), evidence({ exitCode: 1, stderr: 'e'.repeat(5000) }));
    const [quote] = finding?.evidence ?? [];
    expect(quote).toMatchObject({ kind: 'job', job_id: evidence().jobId });
    expect(quote?.excerpt).toMatch(/^e+\n\[\d+ bytes left out\]\ne+$/);
    expect(Buffer.byteLength(quote?.excerpt ?? '')).toBeLessThanOrEqual(1024);
    const [plain] = checkResult(step({}), evidence({ exitCode: 1 }));
    expect(plain?.evidence[0]?.excerpt).toBe('42 words\n');
  });
});

import type { Finding, PlanStep } from '@cynodeai/contracts/agents';
import { excerptOf } from './excerpt.ts';

/** What a step's job did, as it was fetched: the streams as far as the job's result keeps them. */
export interface Evidence {
  readonly jobId: string;
  readonly jobStatus: string;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** More was written than is kept. */
  readonly truncated: boolean;
  readonly artifacts: readonly { readonly path: string; readonly sizeBytes: number }[];
}

type Output = PlanStep['expected_outputs'][number];

/** Bytes of a stream that a finding quotes. */
const quotedBytes = 1024;

function quoted(stdout: string, stderr: string): string {
  return excerptOf(stderr.trim() === '' ? stdout : stderr, quotedBytes);
}

function finding(criterion: string, message: string, evidence: Evidence): Finding {
  const { jobId, stdout, stderr } = evidence;
  return {
    severity: 'critical',
    criterion,
    message,
    evidence: [{ kind: 'job', job_id: jobId, excerpt: quoted(stdout, stderr) }],
  };
}

function faultOfOutput(output: Output, evidence: Evidence): string | undefined {
  const { exitCode, stdout, truncated, artifacts } = evidence;
  if (exitCode !== output.exit_code) {
    return `the command ended with ${exitCode ?? 'no exit code'}, not ${output.exit_code}`;
  }
  const wanted = output.stdout_contains;
  if (wanted !== undefined && !stdout.includes(wanted)) {
    const cut = truncated ? ' in what is kept of it' : '';
    return `the output does not contain ${JSON.stringify(wanted)}${cut}`;
  }
  const path = output.artifact_path;
  if (path === undefined) return undefined;
  const made = artifacts.find((artifact) => artifact.path === path);
  if (made === undefined) return `the file ${path} was not made`;
  return made.sizeBytes === 0 ? `the file ${path} is empty` : undefined;
}

/**
 * What is wrong with a step by what can be seen without judgement; a model is asked only where nothing is.
 * See docs/reference/workflow.md#verification.
 */
export function checkResult(
  step: Pick<PlanStep, 'kind' | 'expected_outputs'>,
  evidence: Evidence,
): Finding[] {
  const { jobStatus } = evidence;
  if (jobStatus !== 'completed' && evidence.exitCode === undefined) {
    return [finding('the step ran', `its job is ${jobStatus}`, evidence)];
  }
  return step.expected_outputs.flatMap((output) => {
    const fault = faultOfOutput(output, evidence);
    return fault === undefined ? [] : [finding(output.description, fault, evidence)];
  });
}

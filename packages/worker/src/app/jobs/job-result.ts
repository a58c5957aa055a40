import { type BinaryStreams, limits, type RunJobResult } from '@cynodeai/contracts/common';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { assertNever } from '@cynodeai/runtime/std';
import type { DiskEnd } from '../../domain/disk/judge.ts';
import { appendReason, appendReasonBytes } from '../../domain/output/append-reason.ts';
import type { CollectedOutput } from '../../domain/output/output-collector.ts';
import type { CollectedArtifacts } from '../../ports/artifacts.ts';
import type { SandboxExit } from '../../ports/sandbox-engine.ts';
import type { MaskedPlace } from './masked-sinks.ts';

/** Exit code of a job that was stopped before or without one of its own: 128 + SIGTERM. */
const stoppedExitCode = 143;

/** See docs/reference/sandbox.md#ceiling. */
const oomReason =
  'the kernel killed a process of the job, because the memory for sandboxes was used up';

/** Reason of a job that `jobs:stop` ended. See docs/reference/worker-api.md#stops. */
const stoppedReason = 'the job was canceled';

export interface JobOutput {
  readonly stdout: CollectedOutput;
  readonly stderr: CollectedOutput;
  readonly masked?: readonly MaskedPlace[];
}

interface Outcome {
  readonly status: RunJobResult['status'];
  readonly exitCode?: number;
  /** Replaces nothing: it is added to what the job wrote. */
  readonly reason?: string;
  readonly oomKilled?: boolean;
  readonly errorType?: RunJobResult['error_type'];
}

/** Exit code of a job that was killed: 128 + SIGKILL. */
const killedExitCode = 137;

function outcomeOf(exit: SandboxExit, diskEnd: DiskEnd | undefined): Outcome {
  if (diskEnd !== undefined) {
    const { kind: errorType, words: reason } = diskEnd;
    return { status: 'failed', exitCode: killedExitCode, errorType, reason };
  }
  switch (exit.kind) {
    case 'exited': {
      const { exitCode } = exit;
      const status = exitCode === 0 ? 'completed' : 'failed';
      if (exit.oomKilled !== true) return { status, exitCode };
      return { status, exitCode, oomKilled: true, reason: oomReason };
    }
    case 'not_started':
      return {
        status: 'failed',
        exitCode: exit.exitCode,
        reason: exit.reason,
        errorType: exit.errorType,
      };
    case 'timed_out':
      return { status: 'timeout' };
    case 'stopped':
      return {
        status: 'failed',
        exitCode:
          exit.exitCode === undefined || exit.exitCode === 0 ? stoppedExitCode : exit.exitCode,
        reason: stoppedReason,
      };
    default:
      return assertNever(exit);
  }
}

/** The ends of streams that were cut. A reason of the node's comes last of all. */
function tailsOf({ stdout, stderr }: JobOutput, reason: string | undefined) {
  const { tail } = stderr;
  const said =
    tail !== undefined && reason !== undefined
      ? { ...tail, text: appendReason({ text: tail.text, truncated: false }, reason).text }
      : tail;
  if (stdout.tail === undefined && said === undefined) return undefined;
  return { ...(stdout.tail && { stdout: stdout.tail }), ...(said && { stderr: said }) };
}

/** The bytes of streams that are no text. A reason of the node's comes last there too. */
function binaryOf({ stdout, stderr }: JobOutput, reason: string | undefined) {
  const { bytes } = stderr;
  const said = bytes && reason !== undefined ? appendReasonBytes(bytes, reason) : bytes;
  if (stdout.bytes === undefined && said === undefined) return undefined;
  const binary: BinaryStreams = {
    ...(stdout.bytes && { stdout: stdout.bytes }),
    ...(said && { stderr: said }),
  };
  return binary;
}

/** What is known of a run beside its exit and its output. */
interface Found {
  readonly diskEnd?: DiskEnd | undefined;
  readonly left: CollectedArtifacts;
  /** What is in the kept workspace it ran in. */
  readonly workspaceBytes?: number | undefined;
}

/**
 * The answer to a run, with the files that it left; `diskEnd` tells that it was ended on behalf of the disk.
 * See docs/reference/worker-api.md#run-results.
 */
export function jobResult(
  request: RunJobRequest,
  exit: SandboxExit,
  output: JobOutput,
  { diskEnd, left, workspaceBytes }: Found,
): RunJobResult {
  const outcome = outcomeOf(exit, diskEnd);
  const masked: MaskedPlace[] = [
    ...(output.masked ?? []),
    ...(left.masked === true ? (['artifacts'] as const) : []),
  ];
  const stderr =
    outcome.reason === undefined || output.stderr.tail !== undefined
      ? output.stderr
      : appendReason(output.stderr, outcome.reason, limits.outputStreamBytes);
  const tails = tailsOf(output, outcome.reason);
  const binary = binaryOf(output, outcome.reason);
  return {
    version: 1,
    task_id: request.task_id,
    job_id: request.job_id,
    ...(request.lease_id !== undefined && { lease_id: request.lease_id }),
    status: outcome.status,
    ...(outcome.exitCode !== undefined && { exit_code: outcome.exitCode }),
    ...(outcome.oomKilled === true && { oom_killed: true }),
    ...(outcome.errorType !== undefined && { error_type: outcome.errorType }),
    stdout: output.stdout.text,
    stderr: stderr.text,
    started_at: exit.startedAt.toISOString(),
    ended_at: exit.endedAt.toISOString(),
    truncated: { stdout: output.stdout.truncated, stderr: stderr.truncated },
    ...(tails && { tail: tails }),
    ...(binary && { binary }),
    ...(left.artifacts.length > 0 && { artifacts: [...left.artifacts] }),
    ...(masked.length > 0 && { masked }),
    ...(left.omitted > 0 && { artifacts_omitted: left.omitted }),
    ...(workspaceBytes !== undefined && { workspace_bytes: workspaceBytes }),
  };
}

/**
 * Exit code of a job that the engine or the node failed.
 * See docs/reference/worker-api.md#run-results.
 */
const faultExitCode = 125;

/** What a job is known by when its request is gone. */
export interface JobIdentity {
  readonly taskId: string;
  readonly jobId: string;
  readonly leaseId?: string;
}

/**
 * The result of a job that the node failed: `failed`, 125 and a short reason.
 * See docs/reference/worker-api.md#run-results and
 * docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export function faultResult(
  job: JobIdentity,
  reason: string,
  startedAt: Date,
  endedAt: Date,
): RunJobResult {
  const stderr = appendReason({ text: '', truncated: false }, reason, limits.outputStreamBytes);
  return {
    version: 1,
    task_id: job.taskId,
    job_id: job.jobId,
    ...(job.leaseId !== undefined && { lease_id: job.leaseId }),
    status: 'failed',
    exit_code: faultExitCode,
    stdout: '',
    stderr: stderr.text,
    started_at: startedAt.toISOString(),
    ended_at: endedAt.toISOString(),
    truncated: { stdout: false, stderr: false },
  };
}

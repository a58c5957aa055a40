import { runJobRequestSchema } from '@cynodeai/contracts/worker-api';
import { describe, expect, it } from 'vitest';
import { logPieces } from './end-events.ts';
import type { SandboxJobPayload } from './job-payload.ts';
import { failureResult, storableJson } from './job-result.ts';
import { failureSummary } from './job-summary.ts';
import { dispatchDeadlineMs, effectiveTimeoutSeconds } from './job-timeouts.ts';
import { buildRunRequest } from './run-request.ts';

const payload: SandboxJobPayload = {
  kind: 'sandbox',
  input_mode: 'script',
  command: ['sh', '-c', 'true'],
  network_policy: 'restricted',
  use_inference: false,
  input_files: [],
};
const inputs = {
  taskId: '00000000-0000-4000-8000-000000000001',
  jobId: '00000000-0000-4000-8000-000000000002',
  leaseId: '00000000-0000-4000-8000-000000000003',
  payload,
  defaultImage: 'default',
  timeoutSeconds: 60,
  inputFiles: [],
};

describe('the request of a job', () => {
  it('is what the Worker API takes, with the default image and nothing optional', () => {
    const request = buildRunRequest(inputs);
    expect(runJobRequestSchema.parse(request)).toEqual(request);
    expect(request.sandbox).toEqual({
      image: 'default',
      command: ['sh', '-c', 'true'],
      timeout_seconds: 60,
      network_policy: 'restricted',
      use_inference: false,
    });
  });

  it('keeps own names and files and drops what the node reserves (REQ-WORKER-0143)', () => {
    const request = buildRunRequest({
      ...inputs,
      payload: { ...payload, image: 'i', env: { A: '1', CYNODE_X: '2', SBA_Y: '3' } },
      inputFiles: [{ path: 'a', content_base64: '' }],
    });
    expect(request.sandbox).toMatchObject({ image: 'i', env: { A: '1' } });
    expect(request.sandbox.input_files).toHaveLength(1);
  });
});

describe('time limits', () => {
  it('are the smallest of request, node and operator', () => {
    expect(effectiveTimeoutSeconds(undefined, undefined)).toBe(3600);
    expect(effectiveTimeoutSeconds(5, undefined)).toBe(5);
    expect(effectiveTimeoutSeconds(99_999, undefined)).toBe(10_800);
    expect(effectiveTimeoutSeconds(undefined, 60)).toBe(60);
    expect(dispatchDeadlineMs(3600)).toBe(4_230_000);
  });
});

describe('what is kept of a job', () => {
  it('is storable everywhere, keys included', () => {
    expect(storableJson({ 'a\u0000': ['\uD800', 1, null, true], b: {} })).toEqual({
      'a\uFFFD': ['\uFFFD', 1, null, true],
      b: {},
    });
  });

  it('bounds reasons and summaries', () => {
    const result = failureResult('worker_error', 'ü'.repeat(5000));
    expect(Buffer.byteLength(result.stderr)).toBe(4096);
    expect(failureSummary('a\n  b\u0000')).toBe('a b\uFFFD');
    expect(failureSummary('x'.repeat(5000))).toHaveLength(4096);
  });

  it('cuts logs into pieces of 16 KiB in order per stream', () => {
    const pieces = logPieces({ stdout: 'é'.repeat(10_000), stderr: 'e' });
    expect(pieces.map((piece) => [piece.stream, Buffer.byteLength(piece.text)])).toEqual([
      ['stdout', 16_384],
      ['stdout', 3616],
      ['stderr', 1],
    ]);
    expect(logPieces({ stdout: '', stderr: '' })).toEqual([]);
  });

  it('says of each piece of a stream that is no text that it is none', () => {
    const binary = { stderr: { head: '/w==' } };
    const pieces = logPieces({ stdout: 'a', stderr: '\uFFFD'.repeat(6000), binary });
    expect(pieces.map((piece) => [piece.stream, piece.binary])).toEqual([
      ['stdout', undefined],
      ['stderr', true],
      ['stderr', true],
    ]);
  });

  it('tells the end of a cut stream behind both, with what is left out before its first piece', () => {
    const tail = { stdout: { omitted_bytes: 7, text: 'x'.repeat(16_385) } };
    expect(logPieces({ stdout: 'a', stderr: 'b', tail })).toEqual([
      { stream: 'stdout', text: 'a' },
      { stream: 'stderr', text: 'b' },
      { stream: 'stdout', text: 'x'.repeat(16_384), omitted_bytes: 7 },
      { stream: 'stdout', text: 'x' },
    ]);
  });
});

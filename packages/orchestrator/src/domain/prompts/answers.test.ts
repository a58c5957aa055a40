import { limits } from '@cynodeai/contracts/common';
import { describe, expect, it } from 'vitest';
import { failed } from '../dispatch/outcome.ts';
import { answerSummary } from '../jobs/job-summary.ts';
import { answeredEnd, lateEnd } from './model-answer.ts';
import { modelProgram, programSeconds } from './model-program.ts';
import { fallbackPayload, sandboxSummary, withAskedModel } from './sandbox-fallback.ts';

const at = new Date('2026-01-01T00:00:00.000Z');
const prompt = { taskId: 't', jobId: 'j', model: 'm:1', startedAt: at, endedAt: at };
const words = (text: string) => ({ text, thoughtChars: 0, model: undefined });
const answer = (text: string, finishReason?: string) =>
  answeredEnd({ kind: 'answered', ...words(text), finishReason, usage: undefined }, prompt);

describe('the end of an answered prompt (REQ-ORCHES-0123)', () => {
  it('has the shape of a sandbox result', () => {
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    const end = answeredEnd(
      { kind: 'answered', ...words('hi'), model: 'real:1', finishReason: 'stop', usage },
      prompt,
    );
    expect(end).toEqual({
      kind: 'ended',
      status: 'completed',
      summary: 'hi',
      result: {
        version: 1,
        task_id: 't',
        job_id: 'j',
        status: 'completed',
        exit_code: 0,
        stdout: 'hi',
        stderr: '',
        started_at: at.toISOString(),
        ended_at: at.toISOString(),
        truncated: { stdout: false, stderr: false },
        inference: { model: 'real:1', finish_reason: 'stop', usage },
      },
    });
    expect(answer('x').result['inference']).toEqual({ model: 'm:1' });
  });

  it('keeps 256 KiB of the answer up to a whole character, and says that it was cut', () => {
    const { result } = answer(`x${'ä'.repeat(limits.outputStreamBytes)}`);
    expect(result.stdout).toBe(`x${'ä'.repeat(limits.outputStreamBytes / 2 - 1)}`);
    expect(result['truncated']).toEqual({ stdout: true, stderr: false });
    expect(answer('x'.repeat(limits.outputStreamBytes)).result['truncated']).toMatchObject({
      stdout: false,
    });
    expect(answer('a\u0000b\uD800').result.stdout).toBe('a\uFFFDb\uFFFD');
  });

  it('says when the model ended it for its length, and what it thought before', () => {
    expect(answer('x', 'length').result).toMatchObject({
      truncated: { stdout: true },
      inference: { finish_reason: 'length' },
    });
    const long = answer('x'.repeat(limits.outputStreamBytes + 1), 'stop').result;
    expect(long['inference']).toMatchObject({ finish_reason: 'length' });
    const thoughtful = { kind: 'answered', ...words('x'), thoughtChars: 7 } as const;
    const end = answeredEnd({ ...thoughtful, finishReason: 'stop', usage: undefined }, prompt);
    expect(end.result['inference']).toEqual({
      model: 'm:1',
      finish_reason: 'stop',
      thought_chars: 7,
    });
  });

  it('keeps what had arrived when the time was over, and marks it', () => {
    const late = lateEnd({ kind: 'late', ...words('half an ans'), message: 'too slow' }, 'm:1');
    expect(late).toMatchObject({
      status: 'failed',
      summary: 'too slow',
      result: {
        status: 'failed',
        error_type: 'model_timeout',
        error_message: 'too slow',
        stdout: 'half an ans',
        stderr: 'too slow',
        truncated: { stdout: true, stderr: false },
        inference: { model: 'm:1', finish_reason: 'timeout' },
      },
    });
    const silent = lateEnd({ kind: 'late', ...words(''), message: 'too slow' }, 'm:1');
    expect(silent.result['truncated']).toEqual({ stdout: false, stderr: false });
  });

  it('is summed up by its first 4096 characters', () => {
    expect(answerSummary('🧨'.repeat(4097))).toBe('🧨'.repeat(4096));
    expect(answerSummary('x\ny')).toBe('x\ny');
  });
});

describe('the second job of a prompt (REQ-ORCHES-0125)', () => {
  const fault = { job_id: 'j', error_type: 'model_timeout', error_message: 'too slow' } as const;
  const asked = { model: 'm:1', contextTokens: 8192 };
  const payload = fallbackPayload(asked, fault, [{ artifactId: 'a', path: 'upload/x' }]);

  it('is the fixed program with inference; what the user wrote is named, not held', () => {
    expect(payload).toMatchObject({
      kind: 'sandbox',
      input_mode: 'prompt',
      command: ['sh', '/workspace/.cynode/ask-model.sh'],
      use_inference: true,
      network_policy: 'none',
      fallback_for: fault,
      input_files: [
        { path: '.cynode/ask-model.sh', source: { kind: 'text', text: modelProgram } },
        {
          path: '.cynode/request.json',
          source: { kind: 'model_request', model: 'm:1', context_tokens: 8192 },
        },
        { path: 'upload/x', source: { kind: 'artifact', artifact_id: 'a' } },
      ],
    });
    expect(payload.timeout_seconds).toBeGreaterThan(programSeconds);
    expect(modelProgram).not.toMatch(/\beval\b|\\\$/);
  });

  it('names the model that its program asked, when it answered', () => {
    const { inference: _own, ...result } = answer('inside').result;
    const ran = { ...answer('inside'), result };
    expect(withAskedModel(ran, payload).result['inference']).toEqual({ model: 'm:1' });
    const end = failed('attempts_exhausted', 'given up');
    expect(withAskedModel(end, payload)).toBe(end);
    const { fallback_for: _none, ...raw } = payload;
    expect(withAskedModel(ran, raw)).toBe(ran);
  });

  it('is summed up by its answer, or by why neither way led to one', () => {
    expect(sandboxSummary(answer('inside'), payload)).toBe('inside');
    const end = failed('attempts_exhausted', 'given up');
    expect(sandboxSummary(end, payload)).toBe(
      'no model answered: too slow; in the sandbox: given up',
    );
    const silent = { ...end, result: { ...end.result, stderr: '' }, summary: 'exit code 3' };
    expect(sandboxSummary(silent, payload)).toContain('in the sandbox: exit code 3');
    const { fallback_for: _none, ...raw } = payload;
    expect(sandboxSummary(silent, raw)).toBe('exit code 3');
  });
});

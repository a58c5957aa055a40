import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import { describe, expect, it } from 'vitest';
import { planJob } from './plan-job.ts';
import { readTaskInput } from './task-input.ts';

const attachment = { artifactId: 'a1', path: 'upload/x.bin', contentType: undefined, sizeBytes: 3 };

describe('the first job of a task', () => {
  it('gives a script its words, and runs a command that no shell reads', () => {
    const args = ['-la', '$(touch pwned)', "it's"];
    const script = planJob(readTaskInput({ input_mode: 'script', prompt: '#!/bin/sh', args }), []);
    expect(script).toMatchObject({ command: ['/workspace/.cynode/script', ...args] });
    const input = readTaskInput({ input_mode: 'commands', args: ['ls', ...args] });
    expect(input.text).toBe(String.raw`ls -la '$(touch pwned)' 'it'\''s'`);
    expect(planJob(input, [])).toMatchObject({ command: ['ls', ...args], input_files: [] });
  });

  it('lets a job read standard input from its attachment, as words that no shell reads', () => {
    const input = readTaskInput({ input_mode: 'commands', args: ['wc', '-c'], stdin: true });
    const redirect = ['sh', '-c', 'exec "$@" <"$0"', '/workspace/upload/stdin'];
    expect(planJob(input, [])).toMatchObject({ command: [...redirect, 'wc', '-c'] });
  });

  it.each<[string, CreateTaskRequest]>([
    ['args', { prompt: 'x', args: ['a'] }],
    ['stdin', { prompt: 'x', stdin: true }],
    ['args', { input_mode: 'commands', args: ['a'], commands: ['b'] }],
    ['args', { input_mode: 'commands', args: [''] }],
  ])('refuses %s where it has no meaning', (field, request) => {
    expect(() => readTaskInput(request)).toThrow(field);
  });

  it('hands a prompt to a model and no text of it to anything that runs (REQ-ORCHES-0125)', () => {
    const input = readTaskInput({ prompt: '$(touch pwned)', use_inference: false });
    expect(input.useInference).toBe(true);
    expect(planJob(input, [attachment])).toEqual({
      kind: 'inference',
      input_mode: 'prompt',
      target: 'local',
    });
  });

  it('carries neither a script nor commands in an argument (REQ-ORCHES-0127)', () => {
    const script = planJob(readTaskInput({ input_mode: 'script', prompt: 'echo secret-word' }), [
      attachment,
    ]);
    expect(script).toMatchObject({
      command: ['sh', '/workspace/.cynode/script'],
      network_policy: 'none',
      input_files: [
        { path: '.cynode/script', mode: '0755', source: { kind: 'prompt' } },
        { path: 'upload/x.bin', mode: '0644', source: { kind: 'artifact', artifact_id: 'a1' } },
      ],
    });
    const commands = planJob(
      readTaskInput({ input_mode: 'commands', commands: ['echo secret-word'] }),
      [],
    );
    expect(commands.kind === 'sandbox' && commands.command).toEqual([
      'sh',
      '/workspace/.cynode/commands.sh',
    ]);
  });

  it('honours an interpreter line', () => {
    const input = readTaskInput({
      input_mode: 'script',
      prompt: '#!/usr/bin/env python3\nprint(1)',
    });
    expect(planJob(input, [])).toMatchObject({ command: ['/workspace/.cynode/script'] });
  });

  it('carries the time limit that was asked for, which a prompt cannot have', () => {
    const script = readTaskInput({ input_mode: 'script', prompt: 'true', timeout_seconds: 7 });
    const commands = readTaskInput({ input_mode: 'commands', commands: ['a'], timeout_seconds: 8 });
    expect(planJob(script, [])).toMatchObject({ timeout_seconds: 7 });
    expect(planJob(commands, [])).toMatchObject({ timeout_seconds: 8 });
    expect(() => readTaskInput({ prompt: 'x', timeout_seconds: 7 })).toThrow(/timeout_seconds/);
  });

  it('takes the image and the variables along, and nothing where there are none', () => {
    const raw = { input_mode: 'script', prompt: 'true' } as const;
    expect(planJob(readTaskInput({ ...raw, image: 'web', env: { A: 'b' } }), [])).toMatchObject({
      image: 'web',
      env: { A: 'b' },
    });
    const plain = Object.keys(planJob(readTaskInput({ ...raw, env: {} }), []));
    expect(plain).not.toContain('env');
    expect(plain).not.toContain('image');
  });
});

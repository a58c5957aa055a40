import type { ModelAvailability } from '@cynodeai/contracts/common';
import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import type { NodeFacts } from '../dispatch/node-facts.ts';
import type { PmModelState } from '../models/pm-model-state.ts';
import { type ReadinessFacts, evaluateReadiness } from './evaluate-readiness.ts';

const able = ableNode('n');
const codes = (facts: ReadinessFacts) => evaluateReadiness(facts).map((reason) => reason.code);

describe('readiness (REQ-ORCHES-0119)', () => {
  it('stops at a database that is away or of another version', () => {
    expect(codes({ database: 'unavailable' })).toEqual(['database_unavailable']);
    const outdated = { database: 'outdated', expectedVersion: '0007' } as const;
    expect(evaluateReadiness({ ...outdated, schemaVersion: undefined })[0]?.message).toBe(
      'database schema not current: found none, need 0007',
    );
    expect(codes({ ...outdated, schemaVersion: '0006' })).toEqual(['schema_not_current']);
  });

  const selected = (extra: Partial<PmModelState>): PmModelState => ({
    executionMode: 'local',
    nodeSlug: 'n',
    modelRef: 'm:1',
    reasons: [],
    status: 'available',
    basis: '',
    ...extra,
  });
  const judge = (
    nodes: NodeFacts[],
    selection: PmModelState | undefined,
    availability?: ModelAvailability,
    bootstrapError?: string,
  ) =>
    evaluateReadiness({
      database: 'current',
      bootstrapError,
      nodes,
      pmModel: { selection, availability },
    });
  const codesOf = (...args: Parameters<typeof judge>) => judge(...args).map(({ code }) => code);

  it('names every reason in order, with its words and what to do', () => {
    expect(codesOf([], undefined, undefined, 'line 3: no such key')).toEqual([
      'bootstrap_failed',
      'no_inference_path',
      'pm_model_not_selected',
    ]);
    const [bootstrap, path, model] = judge([], undefined, undefined, 'line 3');
    expect(bootstrap?.message).toBe('bootstrap import failed: line 3');
    expect(path?.message).toBe('no inference path available');
    expect(model?.message).toBe('no Project Manager model selected: the selection has not run yet');
    expect([bootstrap, path, model].every((reason) => (reason?.action.length ?? 0) > 10)).toBe(
      true,
    );
  });

  it('is given by a node that takes work and says that the selected model is available', () => {
    expect(codesOf([able], selected({}), 'available')).toEqual([]);
    expect(codesOf([able], selected({ status: 'loading' }), 'available')).toEqual([]);
  });

  it('does not wait for the manager: a node that is gone or a model that is gone shows at once', () => {
    const gone = { ...able, enabled: false };
    expect(codesOf([gone], selected({}), 'available')).toEqual([
      'no_inference_path',
      'pm_model_unavailable',
    ]);
    expect(codesOf([{ ...able, slug: 'other' }], selected({}), 'available')).toEqual([
      'pm_model_unavailable',
    ]);
    expect(judge([able], selected({}), 'evicted')[0]?.message).toBe(
      'Project Manager model unavailable: m:1 on node n: it is gone',
    );
    expect(judge([able], selected({}), 'failed')[0]?.message).toContain('it failed to load');
    expect(codesOf([able], selected({ status: 'loading' }), 'failed')).toEqual([
      'pm_model_unavailable',
    ]);
    expect(codesOf([able], selected({}), 'loading')).toEqual(['pm_model_loading']);
  });

  it('says how far a model is, where the node tells', () => {
    const state = selected({ status: 'loading' });
    expect(judge([able], state, 'loading')[0]).toMatchObject({
      code: 'pm_model_loading',
      message: 'Project Manager model loading: m:1 on node n',
    });
    const progress = { completedBytes: 427, totalBytes: 1000 };
    expect(judge([able], { ...state, progress }, undefined)[0]?.message).toBe(
      'Project Manager model loading: m:1 on node n (42 %)',
    );
    const unknown = { ...state, progress: { completedBytes: 0, totalBytes: 0 } };
    expect(judge([able], unknown, 'loading')[0]?.message).not.toContain('%');
  });

  it('repeats why nothing could be selected', () => {
    const failed: PmModelState = {
      executionMode: 'local',
      reasons: ['auto_local', 'failed:no_model_available'],
      status: 'failed',
      basis: '',
      error: 'pull model manifest: file does not exist',
    };
    const [reason] = judge([able], { ...failed, wanted: 'm:1' });
    expect(reason?.message).toBe(
      'no Project Manager model selected: no_model_available: m:1 (pull model manifest: file does not exist)',
    );
    expect(reason?.action).toContain('cynode model pull m:1');
    expect(judge([able], failed)[0]?.action).toContain('ollama pull');
    expect(judge([able], { ...failed, reasons: ['failed:else'] })[0]?.action).toContain('log');
  });

  it.each([
    [
      'download_not_approved',
      /m:1 is not downloaded unasked/,
      /cynode model pull m:1.*--value false/,
    ],
    ['model_deleted', /m:1 was deleted/, /cynode model pull m:1/],
    ['no_model_available', /no_model_available: m:1/, /cynode model pull m:1/],
  ])('gives the command about the wanted model for %s', (why, message, action) => {
    const failed: PmModelState = {
      executionMode: 'local',
      reasons: ['auto_local', `failed:${why}`],
      status: 'failed',
      basis: '',
      wanted: 'm:1',
    };
    const [reason] = judge([able], failed);
    expect(reason?.message).toMatch(message);
    expect(reason?.action).toMatch(action);
    const pinned = { ...failed, reasons: ['pinned_model', `failed:${why}`] };
    expect(judge([able], pinned)[0]?.action).toContain('cynode model use NAME');
  });

  it('names a service that is down with its address, and nothing that follows from it', () => {
    const down = (slug: string, serviceUrl?: string): NodeFacts => ({
      ...ableNode(slug),
      inference: {
        ...able.inference,
        silent: true,
        ...(serviceUrl !== undefined && { serviceUrl }),
      },
    });
    const named = [down('n', 'http://10.0.0.5:11434')];
    expect(codesOf(named, selected({}), 'evicted')).toEqual(['model_service_down']);
    expect(judge(named, undefined)[0]).toMatchObject({
      message: 'model service down: the one of node n at http://10.0.0.5:11434 does not answer',
      action: expect.stringContaining('start it'),
    });
    expect(judge([...named, down('o')], undefined)[0]?.message).toContain('that of node o');
    // Another node serves meanwhile.
    expect(codesOf([...named, ableNode('o')], selected({ nodeSlug: 'o' }), 'available')).toEqual(
      [],
    );
    expect(judge([...named, ableNode('o')], selected({}), 'evicted')[0]?.message).toContain(
      'its model service does not answer',
    );
  });
});

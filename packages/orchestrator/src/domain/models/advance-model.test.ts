import { demoModelRef } from '@cynodeai/contracts/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { World } from '../../../test/support/model-world.ts';
import { type PmModelStep, callLeaseMs } from './advance-model.ts';
import { type LoadOutcome, applyOutcome } from './load-outcome.ts';
import { pmModelKeys } from './model-settings.ts';

const small = 'qwen3.5:0.8b';
const loading: LoadOutcome = { kind: 'loading' };

describe('care of the Project Manager model', () => {
  it('asks a node once, looks again soon and then every five seconds, until the model is there (REQ-ORCHES-0117)', () => {
    const world = new World();
    world.add('n');
    const first = world.step();
    expect(first.call).toMatchObject({ kind: 'load', nodeId: 'n', modelRef: small });
    expect(world.model('n', small)?.status).toBe('loading');
    expect(world.step().call).toBeUndefined();
    world.answer(first.call?.loadId ?? '', loading);
    const waits: number[] = [];
    for (let look = 0; look < 7; look += 1) {
      const { call, nextAt } = world.step();
      expect(call).toBeUndefined();
      waits.push((nextAt?.getTime() ?? 0) - world.now.getTime());
      world.pass(waits.at(-1) ?? 0);
      const due = world.step();
      expect(due.call?.kind).toBe('look');
      world.answer(due.call?.loadId ?? '', {
        kind: 'loading',
        progress: { completedBytes: look, totalBytes: 7 },
      });
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    expect(world.state?.progress).toEqual({ completedBytes: 6, totalBytes: 7 });
    world.report('n', small, 'available');
    expect(world.step().state).toEqual({
      executionMode: 'local',
      nodeSlug: 'n',
      modelRef: small,
      reasons: ['auto_local', 'largest_vram', 'tier_0', 'load_requested'],
      status: 'available',
      basis: world.state?.basis,
    });
    expect(world.loads).toEqual([`n ${small}`]);
  });

  it('lets nobody else call while a call is out, and takes over from a caller that died', () => {
    const world = new World();
    world.add('n');
    const { call } = world.step();
    world.pass(callLeaseMs - 1);
    expect(world.step().call).toBeUndefined();
    world.pass(1);
    expect(world.step().call).toEqual(call);
    world.answer(call?.loadId ?? '', loading);
    world.pass(250);
    expect(world.step().call?.kind).toBe('look');
    world.pass(callLeaseMs);
    expect(world.step().call?.kind).toBe('look');
  });

  it('settles on the stand-in at once where nothing else is there, loads nothing beside it, and stays with it', () => {
    const world = new World();
    world.demoModel = demoModelRef;
    world.add('n', { vramTotalMb: 24_000 });
    world.report('n', demoModelRef, 'available');
    const started = world.now;
    expect(world.settle({})).toMatchObject({ modelRef: demoModelRef, status: 'available' });
    expect(world.now).toEqual(started);
    expect(world.loads).toEqual([]);
    for (let hour = 0; hour < 24; hour += 1) {
      world.pass(3_600_000);
      expect(world.step().call).toBeUndefined();
    }
    expect(world.state?.modelRef).toBe(demoModelRef);
    world.demoModel = undefined;
    expect(world.step().state.modelRef).not.toBe(demoModelRef);
  });

  it('tries a failed model again after 30 s, doubling to 10 min, and at once when the report changes', () => {
    const world = new World();
    world.add('n');
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      expect(world.settle({})).toMatchObject({ status: 'failed', error: 'no such model' });
      const { nextAt } = world.step();
      waits.push((nextAt?.getTime() ?? 0) - world.now.getTime());
      world.pass(waits.at(-1) ?? 0);
    }
    expect(waits.map((ms) => ms / 1000)).toEqual([30, 60, 120, 240, 480, 600, 600]);
    world.settle({});
    world.nodes = world.nodes.map((node) => ({ ...node, reportKey: 'other' }));
    expect(world.step().call?.kind).toBe('load');
    world.answer(world.state?.load?.id ?? '', { kind: 'failed', error: 'again' });
    const { nextAt } = world.step();
    expect((nextAt?.getTime() ?? 0) - world.now.getTime()).toBe(30_000);
  });

  it('gives a load up that is not there in time, also one whose node does not answer', () => {
    const world = new World();
    world.add('n');
    const { call } = world.step();
    world.answer(call?.loadId ?? '', loading);
    for (let waited = 0; waited < 60_000; waited += 1000) {
      const step = world.step();
      if (step.call !== undefined) world.answer(step.call.loadId, { kind: 'unknown' });
      expect(step.state.status).toBe('loading');
      world.pass(1000);
    }
    expect(world.step().state).toMatchObject({ status: 'failed', error: 'not loaded in time' });
    expect(world.model('n', small)).toMatchObject({ status: 'failed', attempts: 1 });
  });

  it('notes a failure that a node reported by itself', () => {
    const world = new World();
    world.add('n');
    world.report('n', small, 'failed');
    expect(world.step().state.reasons).toContain(`candidate_failed:${small}`);
    expect(world.model('n', small)).toMatchObject({ attempts: 1, failedUnder: 'r' });
  });

  it('joins a load that it did not ask for', () => {
    const world = new World();
    world.add('n');
    world.report('n', small, 'loading');
    expect(world.step().call?.kind).toBe('look');
    expect(world.loads).toEqual([]);
  });

  it('keeps what is online when a bigger node appears, and leaves it when a setting says so (REQ-MODELS-0003)', () => {
    const world = new World();
    world.add('n');
    world.settle({ [small]: { kind: 'available' } });
    world.add('big', { vramTotalMb: 48_000, isOrchestratorHost: true });
    world.report('big', 'qwen3.5:35b', 'available');
    const before = world.state;
    expect(world.step().state).toBe(before);
    world.settings[pmModelKeys.pinned] = 'own:1';
    expect(world.step()).toMatchObject({
      state: { nodeSlug: 'big', modelRef: 'own:1', status: 'loading' },
    });
  });

  it('leaves a lost node or model at once and finds another', () => {
    const world = new World();
    world.add('a');
    world.add('b');
    world.report('b', small, 'available');
    world.settle({ [small]: { kind: 'available' } });
    expect(world.state).toMatchObject({ nodeSlug: 'a', status: 'available' });
    world.remove('a');
    expect(world.step().state).toMatchObject({ nodeSlug: 'b', status: 'available' });
    world.report('b', small, 'evicted');
    // Somebody deleted it: it comes back only when somebody brings it back.
    expect(world.step().state).toMatchObject({ status: 'failed', wanted: small });
    expect(world.state?.reasons.at(-1)).toBe('failed:model_deleted');
    world.report('b', small, 'available');
    expect(world.step().state).toMatchObject({ nodeSlug: 'b', status: 'available' });
    expect(world.loads).toEqual([`a ${small}`]);
    world.remove('b');
    expect(world.step().state).toEqual({
      executionMode: 'local',
      reasons: ['no_local_candidates', 'failed:no_inference_path'],
      status: 'failed',
      basis: world.state?.basis,
    });
    world.settings[pmModelKeys.executionMode] = 'force_external';
    expect(world.step().state.executionMode).toBe('external');
  });

  it('drops an answer about a load that is not the current one', () => {
    const world = new World();
    world.add('n');
    const { call } = world.step();
    expect(world.answer('another', { kind: 'available' })).toBe(false);
    world.remove('n');
    expect(world.answer(call?.loadId ?? '', { kind: 'available' })).toBe(false);
    world.step();
    expect(world.answer(call?.loadId ?? '', { kind: 'failed', error: 'x' })).toBe(false);
    expect(world.state?.status).toBe('failed');
  });

  it('changes nothing when a node repeats that the model is there', () => {
    const world = new World();
    world.add('n');
    const { call, state } = world.step();
    world.report('n', small, 'available');
    expect(applyOutcome(world.view(), call?.loadId ?? '', { kind: 'available' })).toEqual({
      state,
      notes: [],
    });
  });

  it('goes on with a load when it comes back to it, and asks no second time', () => {
    const world = new World();
    world.add('n');
    const { call } = world.step();
    world.answer(call?.loadId ?? '', loading);
    const since = world.state?.load?.since;
    world.settings[pmModelKeys.pinned] = 'own:1';
    world.pass(10_000);
    expect(world.step().call).toMatchObject({ kind: 'load', modelRef: 'own:1' });
    delete world.settings[pmModelKeys.pinned];
    const back = world.step();
    expect(back.call).toMatchObject({ kind: 'look', modelRef: small });
    expect(back.state.load?.since).toEqual(since);
  });

  it('whatever happens: one load per node and model under way, states that hold together, rest when nothing changes', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('step' as const) }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
      fc.record({
        kind: fc.constant('answer' as const),
        outcome: fc.constantFrom<LoadOutcome>(
          { kind: 'available' },
          loading,
          { kind: 'failed', error: 'e' },
          { kind: 'unknown' },
        ),
      }),
      fc.record({
        kind: fc.constant('report' as const),
        slug: fc.constantFrom('a', 'b'),
        status: fc.constantFrom('available' as const, 'loading', 'failed', 'evicted'),
      }),
      fc.record({ kind: fc.constant('toggle' as const), slug: fc.constantFrom('a', 'b') }),
      fc.record({ kind: fc.constant('pin' as const), ref: fc.constantFrom('own:1', undefined) }),
      fc.record({ kind: fc.constant('approval' as const), needed: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const world = new World();
        /** By node and model: until when a call that asked for the load may be out. */
        const asked = new Map<string, Date>();
        const agreed = new Set<string>();
        const look = (step: PmModelStep): void => {
          const { call, state } = step;
          if (call?.kind === 'load') {
            const place = `${call.nodeId} ${call.modelRef}`;
            // What was agreed to once and is on its way goes on.
            if (world.settings[pmModelKeys.needsApproval] === false) agreed.add(place);
            expect(agreed).toContain(place);
            expect(Number(asked.get(place) ?? 0)).toBeLessThanOrEqual(world.now.getTime());
            asked.set(place, new Date(world.now.getTime() + callLeaseMs));
          }
          if (state.status === 'failed') expect(state.modelRef).toBeUndefined();
          else expect(world.nodes.map(({ slug }) => slug)).toContain(state.nodeSlug);
          const known = world.model(state.nodeSlug ?? '', state.modelRef ?? '');
          if (state.status === 'available') expect(known?.status).toBe('available');
          expect(state.load !== undefined).toBe(state.status === 'loading');
        };
        for (const one of actions) {
          if (one.kind === 'pass') world.pass(one.ms);
          if (one.kind === 'approval') world.settings[pmModelKeys.needsApproval] = one.needed;
          if (one.kind === 'pin') world.settings[pmModelKeys.pinned] = one.ref;
          if (one.kind === 'report' && world.nodes.some(({ slug }) => slug === one.slug)) {
            world.report(one.slug, small, one.status);
            // The node says that the load is over, one way or the other: it may be asked anew.
            const isOver = one.status === 'available' || one.status === 'evicted';
            if (isOver) asked.delete(`${one.slug} ${small}`);
          }
          if (one.kind === 'toggle') {
            if (world.nodes.some(({ slug }) => slug === one.slug)) world.remove(one.slug);
            else world.add(one.slug);
          }
          const { load, nodeSlug, modelRef } = world.state ?? {};
          if (one.kind === 'answer' && load !== undefined) {
            if (world.answer(load.id, one.outcome)) asked.delete(`${nodeSlug} ${modelRef}`);
          }
          if (one.kind === 'step') look(world.step());
        }
        // A load that went on unseen may turn out to be late, and its failure may change the choice.
        for (let round = 0; round < 4; round += 1) look(world.step());
        const rest = world.step();
        look(rest);
        expect(rest.notes).toEqual([]);
        expect(world.step().state).toBe(rest.state);
      }),
      { numRuns: 300 },
    );
  });
});

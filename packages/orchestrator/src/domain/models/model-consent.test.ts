import { describe, expect, it } from 'vitest';
import { World } from '../../../test/support/model-world.ts';
import { pmModelKeys } from './model-settings.ts';

const small = 'qwen3.5:0.8b';

describe('a model that is not there', () => {
  it('loads nothing that nobody agreed to, and at once what somebody agrees to then', () => {
    const world = new World();
    delete world.settings[pmModelKeys.needsApproval];
    world.add('n');
    for (let hour = 0; hour < 3; hour += 1) {
      const { state, call, nextAt } = world.step();
      expect(state).toMatchObject({ status: 'failed', wanted: small });
      expect(state.reasons.at(-1)).toBe('failed:download_not_approved');
      expect([call, nextAt]).toEqual([undefined, undefined]);
      world.pass(3_600_000);
    }
    world.settings[pmModelKeys.needsApproval] = false;
    expect(world.step().call).toMatchObject({ kind: 'load', modelRef: small });
  });

  it('uses what somebody fetched without its help, in any spelling of its name', () => {
    const world = new World();
    delete world.settings[pmModelKeys.needsApproval];
    world.add('n');
    world.settings[pmModelKeys.pinned] = 'registry.ollama.ai/library/Own:1';
    expect(world.step().state).toMatchObject({ status: 'failed' });
    world.report('n', 'own:1', 'available');
    expect(world.step().state.status).toBe('available');
    expect(world.loads).toEqual([]);
  });

  it('waits for a service that is down and takes it into use when it is back', () => {
    const world = new World();
    world.add('n', { isDown: true });
    expect(world.step().state.reasons.at(-1)).toBe('failed:model_service_down');
    world.nodes = world.nodes.map((node) => ({ ...node, isDown: false }));
    world.report('n', 'whatever:1', 'available');
    expect(world.step().state).toMatchObject({ modelRef: 'whatever:1', status: 'available' });
  });

  it('tells the error of the model that is wanted, and of no other', () => {
    const world = new World();
    world.add('n', { vramTotalMb: 8000 });
    expect(world.settle({ 'qwen3.5:9b': { kind: 'failed', error: 'disk full' } })).toMatchObject({
      wanted: 'qwen3.5:9b',
      error: 'disk full',
    });
    world.settings[pmModelKeys.pinned] = 'own:1';
    expect(world.settle({})).toMatchObject({ wanted: 'own:1', error: 'no such model' });
    world.report('n', 'own:1', 'evicted');
    expect(world.step().state).not.toHaveProperty('error');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkerError } from '../../domain/errors.ts';
import { requireRoom, whileRoom } from './require-room.ts';

const mib = 1024 * 1024;
const full = (): WorkerError => new WorkerError('not_run', 'the disk of the node is nearly full');

/** A disk with room for so many bytes, some of which are kept for later. */
function diskOf(roomBytes: number, keptBytes = 0) {
  const state = { taken: 0, kept: keptBytes, looks: 0 };
  const deps = {
    disk: {
      admit: async () => {
        state.looks += 1;
        if (state.taken + state.kept >= roomBytes) throw full();
      },
    },
    workspace: {
      makeRoom: async () => {
        const had = state.kept > 0;
        state.kept = 0;
        return had;
      },
    },
  };
  const take = async (sizes: readonly number[]): Promise<void> => {
    const chunks = async function* (): AsyncGenerator<Buffer> {
      for (const size of sizes) yield Buffer.alloc(size);
    };
    for await (const chunk of whileRoom(deps, chunks())) state.taken += chunk.length;
  };
  return { deps, state, take };
}

describe('what is unpacked', () => {
  it('is asked about again and again, so that it goes little beyond the room there is', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 2 * mib }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 30 * mib }), async (parts, room) => {
        const { state, take } = diskOf(room);
        const all = parts.reduce((sum, part) => sum + part, 0);
        const outcome = await take(parts).then(
          () => 'taken',
          ({ code }: WorkerError) => code,
        );
        if (outcome === 'taken') expect(state.taken).toBe(all);
        else expect(outcome).toBe('not_run');
        expect(state.taken).toBeLessThanOrEqual(room + 6 * mib);
      }),
      { numRuns: 50 },
    );
  });

  it('takes the place of what is kept for later', async () => {
    const { state, take } = diskOf(40 * mib, 30 * mib);
    await take(Array.from({ length: 30 }, () => mib));
    expect(state).toMatchObject({ taken: 30 * mib, kept: 0 });
    await expect(take(Array.from({ length: 30 }, () => mib))).rejects.toMatchObject(full());
  });

  it('is refused where nothing is kept and there is no room', async () => {
    await expect(requireRoom(diskOf(0).deps)).rejects.toMatchObject({ code: 'not_run' });
    await expect(requireRoom(diskOf(1, 1).deps)).resolves.toBeUndefined();
  });
});

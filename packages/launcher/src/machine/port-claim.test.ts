import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { claimPorts } from './port-claim.ts';

/** Nobody else claims these: they are no ports. */
const first = 70_000 + process.pid * 100;
const ports = (...offsets: readonly number[]): number[] => offsets.map((offset) => first + offset);

describe('a claim on ports', () => {
  it('is had by one at a time, and by the next once it was let go', async () => {
    const claim = await claimPorts(ports(0, 1));
    expect(claim).toBeDefined();
    expect(await claimPorts(ports(1, 2))).toBeUndefined();
    // What was claimed in vain is let go again.
    const beside = await claimPorts(ports(2, 3));
    expect(beside).toBeDefined();
    await claim?.release();
    await claim?.release();
    const again = await claimPorts(ports(0, 1));
    expect(again).toBeDefined();
    await Promise.all([again?.release(), beside?.release()]);
  });

  it('never leaves two with the same port, however many ask at once in whatever order', async () => {
    const held = new Set<number>();
    let claims = 0;
    const contend = async (wanted: readonly number[]): Promise<void> => {
      for (let round = 0; round < 20; round += 1) {
        const claim = await claimPorts(wanted);
        if (claim === undefined) continue;
        claims += 1;
        expect(wanted.filter((port) => held.has(port))).toEqual([]);
        for (const port of wanted) held.add(port);
        await new Promise((resolve) => setImmediate(resolve));
        for (const port of wanted) held.delete(port);
        await claim.release();
      }
    };
    const choices = [ports(10, 11, 12), ports(12, 11, 10), ports(12, 13), ports(13, 10), ports(11)];
    await Promise.all(choices.map(contend));
    expect(claims).toBeGreaterThan(0);
    expect(held.size).toBe(0);
  });
});

import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineWriter } from './line-writer.ts';

const fault = (code: string): Error => Object.assign(new Error(code), { code });

/** What a descriptor does with one write: takes so many bytes at most, or fails. */
type Move = number | 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EPIPE' | 'EAGAIN' | 'EFBIG';

/** A descriptor that does as it is told, then takes everything. */
function scripted(moves: readonly Move[]) {
  const left = [...moves];
  const state = { text: '' };
  const writeBytes = (_descriptor: number, bytes: Uint8Array): number => {
    const move = left.shift() ?? bytes.length;
    if (typeof move === 'string') throw fault(move);
    const part = Buffer.from(bytes.subarray(0, move));
    state.text += part.toString('latin1');
    return part.length;
  };
  const lostLine = (lost: number, reason: string): string => `lost ${lost} ${reason}`;
  return { state, writer: new LineWriter({ descriptor: -1, lostLine, writeBytes }) };
}

describe('LineWriter', () => {
  it('says once what was lost, in front of the first line that can be written again', () => {
    const { state, writer } = scripted([2, 'ENOSPC', 'ENOSPC', 'ENOSPC']);
    for (const line of ['one', 'two', 'three', 'four', 'five']) writer.write(`${line}\n`);
    expect(state.text).toBe('on\nlost 3 ENOSPC\nfour\nfive\n');
  });

  it('waits for a reader that is slow, and not again for one that does not read', () => {
    const slow = scripted(['EAGAIN', 1, 'EAGAIN', 'EAGAIN']);
    slow.writer.write('one\n');
    expect(slow.state.text).toBe('one\n');
    const deaf = scripted(Array<Move>(53).fill('EAGAIN'));
    for (const line of ['one', 'two', 'three', 'four']) deaf.writer.write(`${line}\n`);
    expect(deaf.state.text).toBe('lost 3 EAGAIN\nfour\n');
  });

  it('loses no line without counting it, mixes none with another and never throws, whatever happens', () => {
    const moves = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom<Move>('ENOSPC', 'EDQUOT', 'EIO', 'EPIPE', 'EAGAIN', 'EFBIG'),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 20 }), (script, count) => {
        const { state, writer } = scripted(script);
        const asked = Array.from({ length: count }, (_, index) => `line-${index}-é`);
        for (const line of asked) writer.write(`${line}\n`);
        // By now the descriptor takes everything; the last line brings what is still to be said.
        for (let rest = 0; rest < 70; rest += 1) writer.write(`end-${rest}\n`);
        const lines = Buffer.from(state.text, 'latin1').toString('utf8').split('\n').slice(0, -1);
        const whole = lines.filter((line) => /^(?:line-\d+-é|end-\d+)$/.test(line)).length;
        const told = lines.flatMap((line) => /^lost (\d+) [A-Z]+$/.exec(line)?.[1] ?? []);
        const lost = told.reduce((sum, text) => sum + Number(text), 0);
        // One that lacks but its end is counted as lost, and read all the same.
        expect(whole + lost).toBeGreaterThanOrEqual(count + 70);
        expect(lines.at(-1)).toBe('end-69');
      }),
    );
  });

  it('outlives a device that is always full', () => {
    const descriptor = openSync('/dev/full', 'w');
    const writer = new LineWriter({ descriptor, lostLine: () => 'lost' });
    for (let line = 0; line < 3; line += 1) writer.write('a line\n');
    closeSync(descriptor);
    writer.write('to a closed descriptor\n');
  });

  it('writes to a file as it is told', () => {
    const path = join(tmpdir(), `cynode-lines-${process.pid}`);
    const descriptor = openSync(path, 'a', 0o600);
    new LineWriter({ descriptor, lostLine: () => 'lost' }).write('a\nb\n');
    closeSync(descriptor);
    expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
    rmSync(path);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerText } from './answer-text.ts';

function read(pieces: readonly string[]) {
  const words = new AnswerText();
  const text = pieces.map((piece) => words.add(piece)).join('') + words.end();
  return { text, thoughtChars: words.thoughtChars };
}

/** The text in pieces, cut where the numbers say. */
function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return [...pieces, text.slice(at)];
}

const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 });

describe('the words of an answer', () => {
  it('are the answer, however they are cut', () => {
    fc.assert(
      fc.property(fc.string(), sizes, (text, cuts) => {
        fc.pre(!text.trimStart().startsWith('<think>'));
        expect(read(cut(text, cuts))).toEqual({ text, thoughtChars: 0 });
      }),
    );
  });

  it('are without the thoughts before them, however they are cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), sizes, (thought, rest, cuts) => {
        fc.pre(!thought.includes('</think>'));
        const text = ` \n<think>${thought}</think>\n\n${rest}`;
        expect(read(cut(text, cuts))).toEqual({
          text: rest.trimStart(),
          thoughtChars: thought.length,
        });
      }),
    );
  });

  it.each([0, 1, 4095, 4096])(
    'are looked for thoughts behind %i characters of white space',
    (blank) => {
      const text = `${' '.repeat(blank)}<think>a</think>b`;
      for (const pieces of [[text], Array.from(text)]) {
        expect(read(pieces)).toEqual({ text: 'b', thoughtChars: 1 });
      }
    },
  );

  it.each([4097, 5000, 50_000])(
    'begin within %i characters of white space, of which no more are held back',
    (blank) => {
      const text = `${'\n'.repeat(blank)}<think>a</think>b`;
      for (const pieces of [[text], Array.from(text)]) {
        expect(read(pieces)).toEqual({ text, thoughtChars: 0 });
      }
      const words = new AnswerText();
      let told = 0;
      for (let at = 0; at < blank; at += 1) {
        told += words.add('\n').length;
        expect(at + 1 - told).toBeLessThanOrEqual(4096);
      }
    },
  );

  it.each([
    ['a mark that is never closed', '<think>on and on', '', 9],
    ['a mark later on', 'use <think>x</think>', 'use <think>x</think>', 0],
    ['half a mark', '<thin', '<thin', 0],
    ['another mark', '<thinker>', '<thinker>', 0],
    ['two', '<think>a</think><think>b</think>', '<think>b</think>', 1],
  ])('with %s', (_what, text, answer, thoughtChars) => {
    expect(read(Array.from(text))).toEqual({ text: answer, thoughtChars });
  });
});

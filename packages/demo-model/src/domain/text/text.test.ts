import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAttachments } from './attachments.ts';
import { clipLine, plural } from './clip.ts';
import { measure } from './measure.ts';
import { readQuestion } from './question.ts';
import { findQuotes, maskSpans } from './quotes.ts';
import { segmentsOf } from './segments.ts';

function block(name: string, content: string, bytes = new TextEncoder().encode(content).length) {
  return `--- attachment: ${name} (text/plain, ${bytes} bytes) ---\n${content}\n--- end of attachment ---`;
}

describe('attachments in a prompt', () => {
  it('are taken out of the text with name, type, size and content', () => {
    const prompt = `Look at this.\n${block('a (1).txt', 'one\ntwo\n')}\nand \n${block('b', 'é')}\nThanks`;
    const { text, attachments } = splitAttachments(prompt);
    expect(attachments).toEqual([
      { name: 'a (1).txt', type: 'text/plain', bytes: 8, content: 'one\ntwo\n' },
      { name: 'b', type: 'text/plain', bytes: 2, content: 'é' },
    ]);
    expect(text.replaceAll(/\s+/g, ' ')).toBe('Look at this. and Thanks');
  });

  it('end at the first closing line, whatever length they claim', () => {
    for (const bytes of [1, 29, 99_999]) {
      const { attachments, text } = splitAttachments(`${block('x', 'ab', bytes)}\nq`);
      expect([attachments[0]?.content, text]).toEqual(['ab', '\nq']);
    }
  });

  it('that were cut say how much of them came', () => {
    const cut = block('x', 'ab\n[cut: the first 2 of 9 bytes]', 9);
    const { attachments } = splitAttachments(cut);
    expect(attachments).toEqual([
      { name: 'x', type: 'text/plain', bytes: 9, content: 'ab', givenBytes: 2 },
    ]);
  });

  it('that are not text are read from the list at the end', () => {
    const list =
      'Other attached files:\n- a.png (image/png, 7 bytes)\n- b (c).bin (unknown type, 1 bytes)';
    for (const before of ['look\n\n', `look\n\n${block('x', 'ab')}\n\n`]) {
      const { text, attachments } = splitAttachments(before + list);
      expect(attachments.slice(-2)).toEqual([
        { name: 'a.png', type: 'image/png', bytes: 7, content: undefined },
        { name: 'b (c).bin', type: 'unknown type', bytes: 1, content: undefined },
      ]);
      expect(text.trim()).toBe('look');
    }
    for (const prompt of ['- a (b, 1 bytes)', 'Other attached files:\n- a', '']) {
      expect(splitAttachments(prompt)).toEqual({ text: prompt, attachments: [] });
    }
  });

  it('may be empty', () => {
    const head = '--- attachment: e (t, 0 bytes) ---\n';
    expect(splitAttachments(`${head}\n--- end of attachment ---`).attachments[0]?.content).toBe('');
    expect(splitAttachments(`${head}--- end of attachment ---`).attachments[0]?.content).toBe('');
  });

  it('take the rest when nothing closes them', () => {
    const { text, attachments } = splitAttachments('q\n--- attachment: x (t, 9 bytes) ---\nrest');
    expect([text, attachments[0]?.content]).toEqual(['q\n', 'rest']);
  });

  it('are only what looks exactly like one', () => {
    for (const prompt of [
      'say --- attachment: x (t, 1 bytes) ---\na\n--- end of attachment ---',
      '--- attachment: x ---\na\n--- end of attachment ---',
      '--- attachment: x (t, 1 bytes) ---',
    ]) {
      expect(splitAttachments(prompt)).toEqual({ text: prompt, attachments: [] });
    }
  });

  it('come back exactly, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (contents) => {
        const prompt = contents.map((content, index) => block(`f${index}`, content)).join('\n');
        expect(splitAttachments(prompt).attachments.map(({ content }) => content)).toEqual(
          contents,
        );
      }),
    );
  });

  it('stay quick when there are thousands of them', () => {
    const prompt = '--- attachment: x (t, 900000 bytes) ---\n--- end of attachment --\n'.repeat(
      20_000,
    );
    const started = performance.now();
    expect(splitAttachments(prompt).attachments).toHaveLength(1);
    const closed = '--- attachment: x (t, 900000 bytes) ---\n--- end of attachment ---\n'.repeat(
      20_000,
    );
    expect(splitAttachments(closed).attachments).toHaveLength(20_000);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('quotes', () => {
  it.each([
    ['say "a b"', ['a b']],
    ['“x” and «y» and „z“', ['x', 'y', 'z']],
    ["it's 'don't stop' isn't it", ["don't stop"]],
    ['run `a "b"`', ['a "b"']],
    ['```sh\nls\nid\n``` done', ['ls\nid']],
    ['```x```', ['x']],
    ['open "only', []],
    ["it's", []],
    ["'open", []],
    ['`open', []],
    ['```open', ['']],
    ['‘a’ b', ['a']],
  ])('of %s are %j', (text, expected) => {
    expect(findQuotes(text).map((quote) => quote.text)).toEqual(expected);
  });

  it('are blanked out at their places', () => {
    const text = 'a "b" c';
    expect(maskSpans(text, findQuotes(text))).toBe('a     c');
    expect(
      maskSpans('abcd', [
        { start: 0, end: 3 },
        { start: 1, end: 2 },
      ]),
    ).toBe('   d');
  });
});

describe('questions', () => {
  it.each([
    ['What is it? And who?', ['What is it', 'who']],
    ['Which model are you, and what is 2.5+1?', ['Which model are you', 'what is 2.5+1']],
    ['Count a and b, then list files.', ['Count a and b', 'list files']],
    ['one\n\ntwo', ['one', 'two']],
    ['  ', []],
  ])('%s are cut into %j', (text, expected) => {
    expect(segmentsOf(text).map(({ start, end }) => text.slice(start, end).trim())).toEqual(
      expected,
    );
  });

  it('quote what stands behind a colon after counting', () => {
    expect(readQuestion('count the words in: a b. c\nthen stop').quotes[0]?.text).toBe('a b. c');
    expect(readQuestion('count the words:\na b').quotes[0]?.text).toBe('a b');
    expect(readQuestion('count the words: "a b" now').quotes.map(({ text }) => text)).toEqual([
      'a b',
    ]);
    expect(readQuestion('count the words: a "b" c').quotes.map(({ text }) => text)).toEqual([
      'a "b" c',
    ]);
    expect(readQuestion('count the words: ').quotes).toEqual([]);
  });
});

describe('measures', () => {
  it.each([
    ['', [0, 0, 0, 0, 0]],
    ['a', [1, 1, 1, 1, 1]],
    ['one two\nthrée 😀\n', [4, 2, 16, 11, 20]],
    ['\n', [0, 1, 1, 0, 1]],
  ])('of %j are %j words, lines, characters, letters, bytes', (text, expected) => {
    const units = ['word', 'line', 'character', 'letter', 'byte'] as const;
    expect(units.map((unit) => measure(text, unit))).toEqual(expected);
  });

  it('are shown on one line of limited length', () => {
    expect(clipLine(' a\n b ', 10)).toBe('a b');
    expect(clipLine('😀'.repeat(9), 3)).toBe('😀😀😀…');
    expect(clipLine(`a${' '.repeat(90)}b`, 3)).toBe('a…');
    expect([plural(1, 'word'), plural(0, 'word')]).toEqual(['1 word', '0 words']);
  });
});

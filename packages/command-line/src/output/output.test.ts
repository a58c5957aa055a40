import { describe, expect, it } from 'vitest';
import { CommandError } from '../error/index.ts';
import { Notes } from './notes.ts';
import { Output } from './output.ts';
import { formatRecord } from './record.ts';
import { sanitize } from './sanitize.ts';
import { type TextStream, writeFully } from './stream.ts';

/** A stream that keeps what it gets, or fails. */
class Kept implements TextStream {
  readonly isTTY: boolean;
  text = '';
  readonly #fault: Error | undefined;

  constructor(isTTY = false, fault?: Error) {
    this.isTTY = isTTY;
    this.#fault = fault;
  }

  write(text: string, done: (error?: Error | null) => void): boolean {
    this.text += text;
    done(this.#fault);
    return true;
  }
}

const fault = (code: string): Error => Object.assign(new Error(code), { code });

describe('formatRecord (REQ-CLIENT-0144)', () => {
  it.each([
    ['simple', 'simple'],
    ['a.b:c/d@e+f,g-h_1', 'a.b:c/d@e+f,g-h_1'],
    ['', '""'],
    ['two words', '"two words"'],
    ['a\nb\t"c"', String.raw`"a\nb\t\"c\""`],
    ['é', '"é"'],
    ['a=b', '"a=b"'],
  ])('writes %j as %s', (value, text) => {
    expect(formatRecord({ key: value })).toBe(`key=${text}`);
  });

  it('keeps the order, leaves out what is undefined, takes numbers and switches', () => {
    expect(formatRecord({ b: 1, a: undefined, c: true })).toBe('b=1 c=true');
  });
});

describe('sanitize', () => {
  it.each([
    ['C0 controls', 'a\u0000\u001B\u007F', 'a^@^[^?'],
    ['a command that does not end', 'a\u001B]0;title\u001B[31', 'a^[]0;title^[[31'],
    ['C1 controls', '\u0085\u009B2J', '<U+0085><U+009B>2J'],
    ['a line that is overwritten', 'safe\revil', 'safe^Mevil'],
    ['text that turns its direction', 'a\u202Eb\u2066c\u200F', 'a<U+202E>b<U+2066>c<U+200F>'],
    [
      'tags, private and unassigned characters',
      '\u{E0041}\uE000\u0378',
      '<U+E0041><U+E000><U+0378>',
    ],
    ['separators', 'a\u2028b\u2029', 'a<U+2028>b<U+2029>'],
  ])('shows %s', (_what, text, shown) => {
    expect(sanitize(text)).toBe(shown);
  });

  it.each([
    ['a clipboard and a title', '\u001B]52;c;eA==\u0007x\u001B]0;y\u001B\\'],
    ['a screen and a cursor', '\u001B[2J\u001B[1;1H\u001B[?25lx'],
    ['a reset, a character set and graphics', '\u001Bcx\u001B(0\u001BPq#0\u001B\\'],
    ['what hides text', '\u001B[8mx\u001B[1;8;31m\u001B[38;1;8m\u001B[48m'],
  ])('leaves out %s', (_what, text) => {
    expect(sanitize(text)).toBe('x');
  });

  it('keeps colours, which end with the text', () => {
    const plain = '\u001B[0m';
    expect(sanitize('\u001B[32mgreen\u001B[39m')).toBe(`\u001B[32mgreen\u001B[39m${plain}`);
    expect(sanitize('\u001B[38;5;8mgrey\n')).toBe(`\u001B[38;5;8mgrey${plain}\n`);
    expect(sanitize('\u001B[48;2;8;8;8;1mx')).toBe(`\u001B[48;2;8;8;8;1mx${plain}`);
    expect(sanitize('\u001B[1;31mx\u001B[m')).toBe('\u001B[1;31mx\u001B[m');
    expect(sanitize('\u001B[38:5:9mx')).toBe('x');
  });

  it('takes no longer than linear time, whatever is begun and not ended', () => {
    for (const begun of ['\u001B]', '\u001B[', '\u001B[3', '\u001BP', '\u001B ']) {
      const startedMs = performance.now();
      sanitize(begun.repeat(200_000));
      sanitize(`${begun}${'x'.repeat(1_000_000)}`);
      expect(performance.now() - startedMs).toBeLessThan(5000);
    }
  });

  it('leaves words, emoji, TAB and ends of lines alone', () => {
    expect(sanitize('é\tשלום 👩‍🚀 🚀\r\nb\n')).toBe('é\tשלום 👩‍🚀 🚀\nb\n');
  });
});

describe('Output (REQ-CLIENT-0143)', () => {
  it('prints records a line each in a table and one value in JSON', async () => {
    const [table, asJson] = [new Kept(), new Kept()];
    const result = { records: [{ a: 1 }, { a: 2 }], json: { all: [1, 2] } };
    await new Output('table', table).print(result);
    await new Output('json', asJson).print(result);
    expect([table.text, asJson.text]).toEqual([
      'a=1\na=2\n',
      '{\n  "all": [\n    1,\n    2\n  ]\n}\n',
    ]);
  });

  it('shows control characters to a terminal only', async () => {
    const [terminal, pipe] = [new Kept(true), new Kept()];
    for (const stream of [terminal, pipe]) await new Output('jsonl', stream).text('a\u001B\n');
    await new Output('jsonl', pipe).line({ a: 1 });
    expect([terminal.text, pipe.text]).toEqual(['a^[\n', 'a\u001B\n{"a":1}\n']);
  });
});

describe('an output nobody reads any more', () => {
  it('says so to whoever prints without end, and is no failure', async () => {
    const output = new Output('table', new Kept(false, fault('EPIPE')));
    expect(output.closed.aborted).toBe(false);
    await output.text('x');
    await output.text('x');
    expect(output.closed.reason).toMatchObject({ code: 'interrupted' });
  });
});

describe('writeFully', () => {
  it('tells of a broken pipe, and takes any other fault for exit 8', async () => {
    expect(await writeFully(new Kept(), 'x')).toBe(true);
    expect(await writeFully(new Kept(false, fault('EPIPE')), 'x')).toBe(false);
    await expect(writeFully(new Kept(false, fault('ENOSPC')), 'x')).rejects.toEqual(
      new CommandError('internal', 'cannot write the output: ENOSPC'),
    );
  });
});

describe('Notes', () => {
  it('drops hints and progress when quiet, never warnings and errors', async () => {
    const stream = new Kept(true);
    const notes = new Notes({ stream, quiet: true, color: false });
    await notes.hint('hint');
    await notes.progress('progress');
    await notes.warn('one\n two');
    await notes.error('bad\u001B');
    await notes.say('aborted');
    expect(stream.text).toBe('warning: one two\nerror: bad^[\naborted\n');
  });

  it('shows progress to a terminal only, and colours labels there', async () => {
    const [terminal, pipe] = [new Kept(true), new Kept()];
    for (const stream of [terminal, pipe]) {
      const notes = new Notes({ stream, quiet: false, color: true });
      await notes.progress('step');
      await notes.warn('careful');
    }
    expect([terminal.text, pipe.text]).toEqual([
      'step\n\u001B[33mwarning:\u001B[39m careful\n',
      'warning: careful\n',
    ]);
  });

  it('prints several lines and shows their control characters', async () => {
    const terminal = new Kept(true);
    const notes = new Notes({ stream: terminal, quiet: true, color: true });
    await notes.text('one\u001B\n  two\n');
    expect(terminal.text).toBe('one^[\n  two\n');
  });

  it('does not fail when nobody can read it', async () => {
    const notes = new Notes({
      stream: new Kept(false, fault('EBADF')),
      quiet: false,
      color: false,
    });
    await expect(notes.error('x')).resolves.toBeUndefined();
    await expect(notes.text('x')).resolves.toBeUndefined();
  });
});

describe('the width of the window', () => {
  it.each([
    [true, 80, 80],
    [true, 1, 1],
    [true, 0, undefined],
    [true, undefined, undefined],
    [false, 80, undefined],
  ])('on a screen: %s, with %s columns, is %s', (isTTY, columns, width) => {
    const stream = Object.assign(new Kept(isTTY), columns !== undefined && { columns });
    expect(new Output('table', stream).columns).toBe(width);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from './progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function output(isTTY: boolean): { isTTY: boolean; text: string; write: (text: string) => void } {
  return {
    isTTY,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

describe('progress', () => {
  it('says nothing about what takes less than a second', () => {
    const out = output(false);
    const progress = new Progress({ name: 'cynode', output: out });
    progress.step('quick');
    vi.advanceTimersByTime(900);
    progress.done();
    vi.advanceTimersByTime(5000);
    expect(out.text).toBe('');
  });

  it('writes one line for a step that takes longer', () => {
    const out = output(false);
    const progress = new Progress({ name: 'cynode', output: out });
    progress.step('slow');
    vi.advanceTimersByTime(1100);
    progress.step('slow');
    vi.advanceTimersByTime(5000);
    progress.done();
    expect(out.text).toBe('cynode: slow\n');
  });

  it('keeps one changing line on a terminal and leaves the time it took', () => {
    const out = output(true);
    const progress = new Progress({ name: 'cynode', output: out });
    progress.step('slow');
    vi.advanceTimersByTime(2000);
    progress.done();
    expect(out.text).toContain('\r');
    expect(out.text.endsWith('cynode: slow (2.0 s)\n')).toBe(true);
  });

  it('keeps its changing line within the window, so that it stays one line', () => {
    const out = { ...output(true), columns: 20 };
    const progress = new Progress({ name: 'cynode', output: out });
    progress.step('something that is longer than the window is wide');
    vi.advanceTimersByTime(600);
    const [whole, ...lines] = out.text.split('\r\u001B[K').filter((line) => line !== '');
    expect(whole).toBe('cynode: something that is longer than the window is wide\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.every((line) => line.length === 20 && line.endsWith('\u2026'))).toBe(true);
    progress.done();
  });

  it('writes what the window is too narrow for once, also when its numbers change, and ends it in short', () => {
    const out = { ...output(true), columns: 30 };
    const progress = new Progress({ name: 'cynode', output: out });
    for (const percent of [4, 50, 100]) {
      progress.step(`waiting: a model is loading (${percent} %); others run meanwhile`);
      vi.advanceTimersByTime(1200);
    }
    progress.done();
    expect(out.text.match(/; others run meanwhile\n/g)).toHaveLength(1);
    expect(out.text.endsWith('cynode: waiting (1.2 s)\n')).toBe(true);
    progress.step('waiting: for quite another thing, named here');
    vi.advanceTimersByTime(300);
    expect(out.text).toContain('cynode: waiting: for quite another thing, named here\n');
    progress.done();
  });

  it('takes a window of 0 columns for one of unknown width', () => {
    const [unknown, none] = [output(true), { ...output(true), columns: 0 }];
    for (const out of [unknown, none]) {
      const progress = new Progress({ name: 'cynode', output: out });
      progress.step('waiting: for a model');
      vi.advanceTimersByTime(1200);
      progress.done();
    }
    expect(none.text).toBe(unknown.text);
  });

  it('is silent when told so', () => {
    const out = output(false);
    const progress = new Progress({ name: 'cynode', output: out, quiet: true });
    progress.step('slow');
    progress.note('note');
    vi.advanceTimersByTime(5000);
    expect(out.text).toBe('');
  });

  it('goes on with its step after a note', () => {
    const out = output(false);
    const progress = new Progress({ name: 'cynode', output: out });
    progress.step('slow');
    progress.note('by the way');
    vi.advanceTimersByTime(1100);
    progress.done();
    expect(out.text).toBe('cynode: by the way\ncynode: slow\n');
  });
});

describe('progress in words of others', () => {
  const hostile = 'pulling a\u001B]0;title\u0007\u202E';

  it('shows a terminal what would steer it', () => {
    const out = output(true);
    const progress = new Progress({ name: 'cynode', output: out });
    progress.step(hostile);
    vi.advanceTimersByTime(2000);
    progress.note(hostile);
    progress.done();
    expect(out.text).toContain('cynode: pulling a<U+202E>\n');
    const others = out.text.replaceAll('\r\u001B[K', '');
    for (const char of ['\u001B', '\u0007', '\u202E']) expect(others).not.toContain(char);
  });

  it('leaves the bytes as they are elsewhere', () => {
    const out = output(false);
    new Progress({ name: 'cynode', output: out }).note(hostile);
    expect(out.text).toBe(`cynode: ${hostile}\n`);
  });
});

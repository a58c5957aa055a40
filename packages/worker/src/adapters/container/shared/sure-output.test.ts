import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SureOutput } from './sure-output.ts';

function heard(chunks: readonly string[]): string {
  let text = '';
  const sure = new SureOutput({
    write: (chunk) => (text += Buffer.from(chunk).toString('latin1')),
  });
  for (const chunk of chunks) sure.write(Buffer.from(chunk, 'latin1'));
  return text;
}

describe("standard error that is surely the job's", () => {
  it.each([
    ['an engine’s refusal', ['Error: crun: /x/y: no such file\n', 'more']],
    ['a log line of a runtime', ['time="2026-', '01-01" level=error msg="/var/lib/x"\n']],
    ['an init program', ['E', 'RROR (catatonit:2): failed to exec pid1: x\n']],
    ['another init program', ['[FATAL tini (7)] exec x failed: No such file\n']],
  ])('is not what may be %s, cut anywhere', (_what, chunks) => {
    expect(heard(chunks)).toBe('');
  });

  it('is everything else at once, also what only begins alike', () => {
    expect(heard(['warning: x\n', 'Error: of the job\n'])).toBe('warning: x\nError: of the job\n');
    expect(heard(['Err', 'ands\n'])).toBe('Errands\n');
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 4 })), (chunks) => {
        const text = Buffer.from(chunks.join(''), 'latin1').toString('latin1');
        const begins = ['time="', 'Error: ', 'ERROR (', '[FATAL ', 'exec '];
        fc.pre(!begins.some((words) => words.startsWith(text.slice(0, words.length))));
        expect(heard(chunks)).toBe(text);
      }),
    );
  });
});

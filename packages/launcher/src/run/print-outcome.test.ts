import { parseJson } from '@cynodeai/runtime/std';
import { Notes, Output, type TextStream } from '@cynodeai/command-line/output';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { describe, expect, it } from 'vitest';
import type { Outcome } from './outcome.ts';
import type { LeftFiles } from './left-files.ts';
import { printJson, printText, printed } from './print-outcome.ts';

/** A stream that keeps what it gets. */
class Kept implements TextStream {
  readonly isTTY: boolean;
  text = '';
  readonly parts: Uint8Array[] = [];
  fault: Error | undefined;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string | Uint8Array, done: (fault?: Error) => void): boolean {
    this.parts.push(Buffer.from(text as string));
    this.text += text.toString();
    done(this.fault);
    return true;
  }
}

function printers(isTTY = false) {
  const [out, err] = [new Kept(isTTY), new Kept(isTTY)];
  const notes = new Notes({ stream: err, quiet: false, color: false });
  return { out, err, output: new Output('table', out), notes };
}

const outcome: Outcome = {
  kind: 'finished',
  exitCode: 0,
  stdout: '391',
  stderr: '',
  truncated: { stdout: false, stderr: false },
};
const result: TaskResult = { task_id: 'x', task_name: 'n', status: 'completed', jobs: [] };

describe('the answer of the demo model', () => {
  it('is called what it is on stderr, and ends its line on stdout', async () => {
    const to = printers();
    await printText(to, {
      outcome: { ...outcome, model: 'cynode-demo:latest', demo: true },
      couldAskDemo: true,
    });
    expect(to.out.text).toBe('391\n');
    expect(to.err.text).toMatch(
      /answered by cynode-demo, a rule-based stand-in, not a neural network/,
    );
  });

  it('is labelled too where only the stack knows which model there was', async () => {
    const to = printers();
    await printText(to, { outcome: outcome, couldAskDemo: true });
    expect(to.out.text).toBe('391');
    expect(to.err.text).toContain('the model of this job was cynode-demo');
    const json = printers();
    await printJson(json, { outcome, result, couldAskDemo: true });
    expect(parseJson(json.out.text)).toMatchObject({ model: 'cynode-demo:latest', demo: true });
  });
});

describe('other output', () => {
  it('passes through as it is', async () => {
    const to = printers();
    await printText(to, {
      outcome: { ...outcome, stdout: 'no line end', stderr: 'e' },
      couldAskDemo: false,
    });
    expect([to.out.text, to.err.text]).toEqual(['no line end', 'e']);
  });

  it('shows a terminal the colours of a job and nothing that steers it, and gives a pipe every byte', async () => {
    const [to, piped] = [printers(true), printers()];
    const [stdout, stderr] = ['\u001B[32mgreen\u001B[39m\r\n', '50%\r100%\n'];
    const message = 'it\u001B[2J broke';
    for (const one of [to, piped]) {
      const told = { ...outcome, stdout, stderr, message };
      await printText(one, { outcome: told, couldAskDemo: false });
    }
    expect([to.out.text, to.err.text]).toEqual([
      '\u001B[32mgreen\u001B[39m\u001B[0m\n',
      '50%^M100%\ncynode: it broke\n',
    ]);
    expect([piped.out.text, piped.err.text]).toEqual([stdout, `${stderr}cynode: ${message}\n`]);
  });

  it('of a real model is named in JSON', async () => {
    const to = printers();
    const answered = { ...outcome, model: 'qwen3.5:0.8b', demo: false, finishReason: 'stop' };
    await printJson(to, { outcome: answered, result, couldAskDemo: false });
    expect(parseJson(to.out.text)).toMatchObject({
      task_id: 'x',
      outcome: 'finished',
      exit_code: 0,
      model: 'qwen3.5:0.8b',
      demo: false,
      finish_reason: 'stop',
    });
  });

  it.each([
    ['nobody reads any more', 'EPIPE', 0, ''],
    ['cannot be written', 'ENOSPC', 125, 'cynode: cannot write the output: ENOSPC\n'],
  ])('that %s leaves the exit code to the job', async (_what, code, whenWell, says) => {
    for (const exitCode of [0, 3]) {
      const to = printers();
      to.out.fault = Object.assign(new Error(code), { code });
      const ended = { ...outcome, exitCode, stderr: 'its own\n', message: 'it broke' };
      const print = () => printText(to, { outcome: ended, couldAskDemo: false });
      const told = await printed(print, ended, to);
      expect(told).toBe(exitCode === 0 ? whenWell : exitCode);
      expect(to.err.text).toBe(`its own\ncynode: it broke\n${says}`);
    }
  });

  it('prints the end of a stream that is longer than what is kept, and says what is left out', async () => {
    const to = printers();
    const truncated = { stdout: true, stderr: true };
    const tail = {
      stdout: { omitted_bytes: 5000, text: 'last of out\n' },
      stderr: { omitted_bytes: 0, text: 'last of err\n' },
    };
    const cut = { ...outcome, stdout: 'out\n', stderr: 'err\n', truncated, tail };
    await printText(to, { outcome: cut, couldAskDemo: false });
    expect(to.out.text).toBe('out\nlast of out\n');
    expect(to.err.text).toBe('err\ncynode: 5,000 bytes of stdout are left out here\nlast of err\n');
  });

  const binary = {
    stdout: { head: '/wA=', tail: { omitted_bytes: 7, bytes: '/g==' } },
    stderr: { head: '/Q==' },
  };
  const mixed = { ...outcome, stdout: '\uFFFD\uFFFD', stderr: '\uFFFD', binary };

  it('writes the bytes of a stream that is no text as they are', async () => {
    const to = printers();
    await printText(to, { outcome: mixed, result, couldAskDemo: false });
    expect(Buffer.concat(to.out.parts)).toEqual(Buffer.from([255, 0, 254]));
    const said = Buffer.from('cynode: 7 bytes of stdout are left out here\n');
    expect(Buffer.concat(to.err.parts)).toEqual(Buffer.concat([said, Buffer.of(253)]));
  });

  it('shows none of them on a terminal, and says how to save them', async () => {
    const to = printers(true);
    await printText(to, { outcome: mixed, result, couldAskDemo: false });
    expect(to.out.text).toBe('');
    expect(to.err.text).toBe(
      'cynode: stdout is binary, and 3 bytes of it are not shown; to save it: cynork task logs x --raw > FILE\n' +
        'cynode: stderr is binary, and 1 bytes of it are not shown; to save it: cynork task logs x --raw --stream stderr > FILE\n',
    );
  });

  it('says what was cut and what went wrong', async () => {
    const to = printers();
    const truncated = { stdout: true, stderr: false };
    await printText(to, {
      outcome: { ...outcome, truncated, kind: 'fault', message: 'it broke' },
      couldAskDemo: false,
    });
    expect(to.err.text).toMatch(/stdout was longer.*\n.*it broke\n/);
  });

  it.each([
    ['length', /the answer ended at the limit of its length and may not be complete/],
    ['timeout', /the answer is not complete/],
    ['stop', /stdout was longer than what is kept/],
  ])('says of an answer that ended by %s why it is not whole', async (finishReason, says) => {
    const to = printers();
    const answered = { ...outcome, model: 'm:1', demo: false, finishReason };
    const cut = { ...answered, truncated: { stdout: true, stderr: false } };
    await printText(to, { outcome: cut, couldAskDemo: false });
    expect(to.err.text).toMatch(says);
  });

  it('prints of an answer that was shown as it came only what is left', async () => {
    const to = printers();
    const answered = { ...outcome, stdout: 'one two', model: 'm:1', demo: false };
    const live = {
      rest: async ({ stdout }: { readonly stdout: string }) => ({
        stdout: stdout.slice(4),
        stderr: '',
      }),
    };
    await printText(to, { outcome: answered, couldAskDemo: false, live });
    expect(to.out.text).toBe('two\n');
    live.rest = async () => ({ stdout: '', stderr: '' });
    await printText(to, { outcome: answered, couldAskDemo: false, live });
    expect(to.out.text).toBe('two\n\n');
  });
});

describe('what a job left', () => {
  const left = { taskId: 'id', names: ['a', 'b'], lost: [], omitted: 0 };
  const taking = (more: Partial<LeftFiles>) => ({
    outcome,
    result,
    couldAskDemo: false,
    takeFiles: async () => ({ ...left, ...more }),
  });
  const notes = async (more: Partial<LeftFiles>): Promise<string> => {
    const to = printers();
    await printText(to, taking(more));
    return to.err.text;
  };

  it('is counted, with the way to get it', async () => {
    expect(await notes({})).toBe(
      'cynode: the job left 2 files; to save: cynork task artifacts get-all id --out DIR\n',
    );
    expect(await notes({ names: [] })).toBe('');
    const saved = { files: ['a'], bytes: 1 };
    expect(await notes({ names: ['a'], saved, out: 'out' })).toBe('cynode: 1 file saved in out\n');
    expect(await notes({ names: [], out: 'out' })).toBe(
      'cynode: the job left no files in /job/artifacts; nothing was saved in out\n',
    );
  });

  it('is named with the reason where it was not kept', async () => {
    const lost = [1, 2, 3, 4, 5, 6, 7].map((n) => ({ name: `\n${n}`, reason: 'it is a link' }));
    const text = await notes({ names: [], lost, omitted: 1, out: 'out' });
    expect(text).toContain('cynode: "\\n1" was not kept: it is a link\n');
    expect(text).toContain('cynode: 2 files more were not kept\n');
    expect(text).toMatch(/cynode: 1 file was not kept: beyond what is kept of one job\n$/);
    const json = printers();
    await printJson(json, taking({ lost: lost.slice(0, 1), omitted: 3 }));
    expect(parseJson(json.out.text)).toMatchObject({
      files: { names: ['a', 'b'], lost: [{ name: '\n1', reason: 'it is a link' }], omitted: 3 },
    });
  });

  it('is no success where it was wished for and is not there', async () => {
    const fault = 'the files were not saved: out/a exists; add --force to replace it';
    const ran = taking({ fault, out: 'out' });
    const [text, json] = [printers(), printers()];
    expect(await printText(text, ran)).toBe(125);
    expect(text.out.text).toBe('391');
    expect(text.err.text).toContain(`cynode: ${fault}\ncynode: the job left 2 files;`);
    expect(await printJson(json, ran)).toBe(125);
    expect(parseJson(json.out.text)).toMatchObject({ exit_code: 125, files: { fault } });
    const failed = { ...ran, outcome: { ...outcome, exitCode: 3 } };
    expect([await printText(printers(), failed), await printJson(printers(), failed)]).toEqual([
      3, 3,
    ]);
  });

  it('is saved after the output was shown, also where the output is lost', async () => {
    for (const code of [undefined, 'ENOSPC']) {
      const to = printers();
      if (code) to.out.fault = Object.assign(new Error(code), { code });
      let shown = '';
      const takeFiles = async (): Promise<LeftFiles> => {
        shown = to.out.text;
        return { ...left, saved: { files: ['a'], bytes: 1 }, out: 'out' };
      };
      const print = () => printText(to, { outcome, couldAskDemo: false, takeFiles });
      expect(await printed(print, outcome, to)).toBe(code ? 125 : 0);
      expect(shown).toBe('391');
      expect(to.err.text).toMatch(/^cynode: 1 file saved in out\n/);
    }
  });
});

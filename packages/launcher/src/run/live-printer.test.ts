import type { StreamedTaskEvent } from '@cynodeai/api-client';
import { Notes, Output, type TextStream } from '@cynodeai/command-line/output';
import { describe, expect, it } from 'vitest';
import { LivePrinter } from './live-printer.ts';

/** Both streams of a terminal, in the order in which they are seen. */
function terminal(isAnswer = true) {
  const seen: string[] = [];
  const stream = (lead: string): TextStream => ({
    isTTY: true,
    write: (text: string, done: (fault?: Error) => void) => {
      seen.push(`${lead}${text}`);
      done();
      return true;
    },
  });
  const output = new Output('table', stream(''));
  const notes = new Notes({ stream: stream('note: '), quiet: false, color: false });
  const onBegin = () => void seen.push('begin');
  const printer = new LivePrinter({ output, notes, onBegin, isAnswer });
  const live = {
    take: (event: StreamedTaskEvent) => printer.take(event),
    both: printer,
    get begun() {
      return printer.begun;
    },
    rest: async (stdout: string) => (await printer.rest({ stdout, stderr: '' })).stdout,
  };
  return { live, seen };
}

const at = '2026-01-01T00:00:00.000Z';
const log = (
  text: string,
  job = 'j',
  stream: 'stdout' | 'stderr' = 'stdout',
): StreamedTaskEvent => ({
  id: '1',
  event: 'job.log',
  data: { task_id: 't', job_id: job, stream, text },
});
const status = (to: 'queued' | 'running' | 'failed', job = 'j'): StreamedTaskEvent => ({
  id: '1',
  event: 'job.status',
  data: { task_id: 't', job_id: job, status: to, at },
});

describe('an answer at a terminal', () => {
  it('is printed as it comes, what is left at the end, and nothing twice', async () => {
    const { live, seen } = terminal();
    await live.take(status('running'));
    expect(live.begun).toBe(false);
    await live.take(log('one '));
    await live.take(log('not an answer', 'j', 'stderr'));
    await live.take(log('two'));
    expect(live.begun).toBe(true);
    expect(await live.rest('one two three')).toBe(' three');
    expect(seen).toEqual(['begin', 'one ', 'two']);
  });

  it('shows nothing of what could move the cursor', async () => {
    const { live, seen } = terminal();
    await live.take(log('a\u001B[2Jb'));
    expect(seen.at(-1)).toBe('ab');
  });

  it.each([
    ['in another job', log('again', 'second')],
    ['when the same one is queued anew', status('queued')],
  ])('that breaks off and is asked for once more %s is told apart', async (_what, event) => {
    const { live, seen } = terminal();
    await live.take(log('half of'));
    await live.take(event);
    const note = 'note: cynode: the model broke off; it is asked once more\n';
    expect(seen.slice(0, 4)).toEqual(['begin', 'half of', '\n', note]);
    await live.take(log('!', 'second'));
    expect(await live.rest(event.event === 'job.log' ? 'again! and' : '! and')).toBe(' and');
  });

  it('that is another one in the end is printed whole', async () => {
    const { live, seen } = terminal();
    await live.take(log('half of\n'));
    expect(await live.rest('another')).toBe('another');
    expect(seen.at(-1)).toContain('broke off');
    expect(await terminal().live.rest('all')).toBe('all');
  });
});

describe('the output of a job at a terminal', () => {
  it('is printed as it comes, both streams, and nothing twice', async () => {
    const { live, seen } = terminal(false);
    await live.take(log('out 1\n'));
    await live.take(log('err\n', 'j', 'stderr'));
    await live.take(log('out 2\n'));
    expect(seen).toEqual(['begin', 'out 1\n', 'note: err\n', 'out 2\n']);
    const whole = { stdout: 'out 1\nout 2\nout 3\n', stderr: 'err\ncynode: reason\n' };
    expect(await live.both.rest(whole)).toEqual({ stdout: 'out 3\n', stderr: 'cynode: reason\n' });
  });

  it('has the end of a long stream behind a word on what is left out, each once', async () => {
    const { live, seen } = terminal(false);
    const tail = { stdout: { omitted_bytes: 1234567, text: 'the end' } };
    const whole = { stdout: 'head', stderr: 'err', tail };
    await live.take(log('head'));
    expect(await live.both.rest(whole)).toEqual({ stdout: '', stderr: 'err', tail });
    const event = log('the ');
    if (event.event === 'job.log') event.data.omitted_bytes = 1234567;
    await live.take(event);
    expect(seen.slice(1)).toEqual([
      'head',
      'note: cynode: 1,234,567 bytes of stdout are left out here\n',
      'the ',
    ]);
    const rest = { stdout: { omitted_bytes: 0, text: 'end' } };
    expect(await live.both.rest(whole)).toEqual({ stdout: '', stderr: 'err', tail: rest });
    await live.take(log('end'));
    expect(await live.both.rest(whole)).toEqual({ stdout: '', stderr: 'err', tail: {} });
  });

  it('is printed as far as it is text; of the rest the bytes are left for the end', async () => {
    const { live, seen } = terminal(false);
    await live.take(log('é'));
    const event = log('\uFFFD');
    if (event.event === 'job.log') event.data.binary = true;
    await live.take(event);
    await live.take(log('more'));
    await live.take(log('err', 'j', 'stderr'));
    expect(seen).toEqual(['begin', 'é', 'note: err']);
    const bytes = Buffer.from([...Buffer.from('é'), 255, ...Buffer.from('more')]);
    const binary = { stdout: { head: bytes.toString('base64') } };
    const whole = { stdout: 'é\uFFFDmore', stderr: 'err', binary };
    expect((await live.both.rest(whole)).binary).toEqual({
      stdout: { head: bytes.subarray(2).toString('base64') },
    });
  });

  it('that could not be printed is left for the end, which says so', async () => {
    const full: TextStream = {
      write: (_text, done) => {
        done(new Error('no space left'));
        return false;
      },
    };
    const output = new Output('table', full);
    const notes = new Notes({ stream: full, quiet: false, color: false });
    const printer = new LivePrinter({ output, notes, onBegin: () => {}, isAnswer: false });
    await expect(printer.take(log('lost'))).rejects.toThrow('no space left');
    const whole = { stdout: 'lost and more', stderr: '' };
    expect(await printer.rest(whole)).toEqual(whole);
  });

  it('says when the job was lost and is run once more', async () => {
    const { live, seen } = terminal(false);
    await live.take(log('half', 'j', 'stderr'));
    await live.take(status('queued'));
    expect(seen.at(-1)).toBe('note: cynode: the job was lost; it is run once more\n');
  });
});

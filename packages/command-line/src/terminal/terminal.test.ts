import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { TextStream } from '../output/index.ts';
import { Terminal } from './terminal.ts';

/** A terminal that records how it was switched and what was asked. */
class FakeTty extends EventEmitter {
  readonly isTTY = true;
  readonly raw: boolean[] = [];
  asked = '';
  readonly prompts: TextStream = {
    isTTY: true,
    write: (text, done) => {
      this.asked += text;
      done();
      return true;
    },
  };

  setRawMode(raw: boolean): void {
    this.raw.push(raw);
  }

  /** Called once somebody listens for the answer. */
  resume(): this {
    this.emit('asked');
    return this;
  }

  pause(): this {
    return this;
  }
}

function open(signal = new AbortController().signal): { tty: FakeTty; terminal: Terminal } {
  const tty = new FakeTty();
  return { tty, terminal: new Terminal({ input: tty, prompts: tty.prompts, signal }) };
}

async function answer(keys: string): Promise<{ tty: FakeTty; secret: string | undefined }> {
  const { tty, terminal } = open();
  const asked = once(tty, 'asked');
  const secret = terminal.askSecret('Password:');
  await asked;
  tty.emit('data', Buffer.from(keys));
  return { tty, secret: await secret };
}

describe('askSecret in a terminal', () => {
  it('reads in raw mode and restores the terminal', async () => {
    const { tty, secret } = await answer('pw\r');
    expect([secret, tty.asked, tty.raw]).toEqual(['pw', 'Password: \n', [true, false]]);
  });

  it('gives nothing at the end of the input', async () => {
    expect((await answer('\u0004')).secret).toBeUndefined();
  });

  it('restores the terminal on Ctrl+C, on a signal and when the terminal goes away', async () => {
    await expect(answer('half\u0003')).rejects.toMatchObject({ code: 'interrupted' });
    const stop = new AbortController();
    const { tty, terminal } = open(stop.signal);
    const asked = once(tty, 'asked');
    const asking = terminal.askSecret('Password:');
    await asked;
    stop.abort(new Error('terminated'));
    await expect(asking).rejects.toThrow('terminated');
    expect(tty.raw).toEqual([true, false]);
    const gone = open();
    const shown = once(gone.tty, 'asked');
    const lost = gone.terminal.askSecret('Password:');
    await shown;
    gone.tty.emit('close');
    await expect(lost).resolves.toBeUndefined();
    expect(gone.tty.raw).toEqual([true, false]);
  });
});

describe('lines', () => {
  it('two answers typed ahead belong to two questions', async () => {
    const { tty, terminal } = open();
    const asked = once(tty, 'asked');
    const first = terminal.ask('User:');
    await asked;
    tty.emit('data', Buffer.from('alice\r\nbob\n'));
    tty.emit('data', Buffer.from('rest'));
    tty.emit('end');
    expect([await first, await terminal.ask('User:'), await terminal.ask('User:')]).toEqual([
      'alice',
      'bob',
      'rest',
    ]);
    await expect(terminal.ask('User:')).resolves.toBeUndefined();
  });

  it('refuses lines without end and text that is no UTF-8', async () => {
    const long = open();
    const asked = once(long.tty, 'asked');
    const asking = long.terminal.ask('?');
    await asked;
    long.tty.emit('data', Buffer.alloc(70_000, 'x'));
    await expect(asking).rejects.toMatchObject({ code: 'usage' });
    const broken = open();
    const all = broken.terminal.readAll();
    broken.tty.emit('data', Buffer.of(0xff));
    broken.tty.emit('end');
    await expect(all).rejects.toThrow('not valid UTF-8');
  });
});

import { Readable } from 'node:stream';

/** What a job of the fake node has said, for whoever listens. */
export class Said {
  #text = '';
  #news = Promise.withResolvers<void>();
  #over = false;

  say(text: string): void {
    this.#text += text;
    this.#wake();
  }

  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** As the Worker API streams it, from the beginning. */
  stream(signal: AbortSignal): Readable {
    return Readable.from(this.#frames(signal), { objectMode: false });
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  async *#frames(signal: AbortSignal): AsyncGenerator<string> {
    const left = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
    });
    yield ': open\n\n';
    for (let at = 0; !signal.aborted;) {
      const text = this.#text.slice(at);
      at += text.length;
      const data = JSON.stringify({ stream: 'stdout', text });
      if (text !== '') yield `event: output\ndata: ${data}\n\n`;
      else if (this.#over) break;
      else await Promise.race([this.#news.promise, left]);
    }
    yield 'event: end\ndata: {}\n\n';
  }
}

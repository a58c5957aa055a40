import { StringDecoder } from 'node:string_decoder';

/** What the keys typed so far amount to. */
export type SecretState = 'typing' | 'done' | 'ended' | 'interrupted';

const keys = {
  enter: ['\r', '\n'],
  erase: ['\u007F', '\b'],
  kill: '\u0015',
  end: '\u0004',
  stop: '\u0003',
};

/** A line typed in raw mode: nothing is echoed, the usual editing keys work, other control keys do nothing. */
export class SecretLine {
  readonly #decoder = new StringDecoder('utf8');
  #chars: string[] = [];
  #escape = '';

  get text(): string {
    return this.#chars.join('');
  }

  /** Takes bytes as they come; answers the state and how many bytes were used up to its end. */
  type(bytes: Buffer): { readonly state: SecretState; readonly used: number } {
    let used = 0;
    for (const byte of bytes) {
      used += 1;
      for (const char of this.#decoder.write(Buffer.of(byte))) {
        const state = this.#key(char);
        if (state !== 'typing') return { state, used };
      }
    }
    return { state: 'typing', used };
  }

  #key(char: string): SecretState {
    if (this.#inEscape(char)) return 'typing';
    if (keys.enter.includes(char)) return 'done';
    if (char === keys.stop) return 'interrupted';
    if (char === keys.end && this.#chars.length === 0) return 'ended';
    if (keys.erase.includes(char)) this.#chars.pop();
    else if (char === keys.kill) this.#chars = [];
    else if (char >= ' ') this.#chars.push(char);
    return 'typing';
  }

  /** Swallows the escape sequences of cursor keys, which would otherwise become part of the secret. */
  #inEscape(char: string): boolean {
    if (this.#escape === '') {
      if (char !== '\u001B') return false;
      this.#escape = char;
      return true;
    }
    const introduced = this.#escape.length === 1 && /[[O]/.test(char);
    const finished = !introduced && /[@-~]/.test(char);
    this.#escape = finished || (!introduced && char < ' ') ? '' : this.#escape + char;
    return true;
  }
}

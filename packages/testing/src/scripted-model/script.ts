import type { OllamaPullLine, OllamaToolCall } from '@cynodeai/contracts/model';
import type { IncomingHttpHeaders } from 'node:http';

/** One request that the scripted model took. */
export interface ModelRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Body as it came. */
  readonly text: string;
  /** Body as JSON; undefined when it is none. */
  readonly json: unknown;
  /** Which request it is, from 0, among those of the same path. */
  readonly turn: number;
  /** How it ended: answered whole, or the connection was lost before that. */
  readonly ended: Promise<'answered' | 'lost'>;
}

/** What the model does with one request. */
export type Behaviour =
  /** Answers with these words; a list is streamed one chunk each. */
  | { readonly kind: 'say'; readonly text: string | readonly string[]; readonly reason?: string }
  /** Asks for tools. */
  | { readonly kind: 'tools'; readonly calls: readonly OllamaToolCall[]; readonly text?: string }
  /** Says nothing until the promise is fulfilled: a slow first token, or a slow load. */
  | { readonly kind: 'wait'; readonly until: Promise<unknown>; readonly answer: Behaviour }
  /** Sends each chunk when `next` for it is fulfilled. */
  | {
      readonly kind: 'trickle';
      readonly chunks: readonly string[];
      readonly next: (index: number) => Promise<unknown>;
    }
  /** Never answers; ends when the client leaves or the model is closed. */
  | { readonly kind: 'hang' }
  /** Sends that many characters of the words, then cuts the connection. */
  | { readonly kind: 'cut'; readonly text: string; readonly afterCharacters: number }
  /** Says the words, then that it failed, as a runner does that dies in the middle of a stream. */
  | { readonly kind: 'fail'; readonly text: string; readonly error: string }
  /** Says the words and ends the stream without saying that it is done. */
  | { readonly kind: 'unfinished'; readonly text: string }
  /** An HTTP error in Ollama's words. */
  | { readonly kind: 'error'; readonly status: number; readonly error: string }
  /** 503 as a server with a full queue says it. */
  | { readonly kind: 'busy' }
  /** Any answer, byte for byte: bad JSON, a wrong content type, a huge body. */
  | {
      readonly kind: 'raw';
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    };

/** What real services do that no caller likes; versions 0.24 and 0.32 of Ollama do all of it. */
export interface Quirks {
  /** Longest context of the model, tokens of four bytes; more is refused, or cut in silence when nobody said not to. */
  readonly context?: number;
  /** Answers nothing but these thoughts unless it is told not to think. */
  readonly thinks?: string;
  /** Requests at work at once. */
  readonly atOnce?: number;
  /** Requests that may wait beside them; one more is refused as busy. */
  readonly waiting?: number;
}

/** How the model behaves; a test may change it at any time. Absent parts keep their defaults. */
export interface Script {
  /** What it does with `generate`, `chat` and completions. Text is `say`; default: `scripted answer`. */
  readonly reply?: string | Behaviour | ((request: ModelRequest) => string | Behaviour);
  /** Comes before everything, for every path; undefined lets the request go its way. */
  readonly intercept?: (request: ModelRequest) => Behaviour | undefined;
  /** Lines of a pull; when the last one says `success` the model is there. Default: three lines of progress. */
  readonly pull?: (model: string, signal: AbortSignal) => AsyncIterable<OllamaPullLine>;
  /** What `/api/version` says. */
  readonly version?: string;
  readonly quirks?: Quirks;
}

import { type ModelCall, ModelError, sendJson } from '@cynodeai/demo-model/wire';
import { once } from 'node:events';
import type { AnswerPiece } from '@cynodeai/demo-model/wire';
import type { Behaviour } from './script.ts';

/** Ends when the client has left. */
async function clientLeft(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Waits, but not longer than the client does. */
async function unlessLeft(wait: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const left = Promise.withResolvers<undefined>();
  const leave = (): void => left.resolve(undefined);
  signal.addEventListener('abort', leave);
  try {
    if (!signal.aborted) await Promise.race([wait, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
  signal.throwIfAborted();
}

/**
 * Does what concerns the connection and not the words. True when the request is answered; else what is left to say
 * stands in `words`.
 */
export async function performOnWire(
  call: ModelCall,
  behaviour: Behaviour,
): Promise<{ readonly words: Behaviour } | 'answered'> {
  switch (behaviour.kind) {
    case 'hang':
      await clientLeft(call.signal);
      return 'answered';
    case 'wait':
      await unlessLeft(behaviour.until, call.signal);
      return performOnWire(call, behaviour.answer);
    case 'error':
      sendJson(call, behaviour.status, { error: behaviour.error });
      return 'answered';
    case 'busy':
      sendJson(call, 503, {
        error: 'server busy, please try again. maximum pending requests exceeded',
      });
      return 'answered';
    case 'raw':
      call.response.writeHead(behaviour.status ?? 200, {
        'content-type': 'application/json; charset=utf-8',
        ...behaviour.headers,
      });
      call.response.end(behaviour.body);
      return 'answered';
    case 'say':
    case 'tools':
    case 'trickle':
    case 'cut':
    case 'fail':
    case 'unfinished':
      return { words: behaviour };
  }
}

function count(texts: readonly string[]): number {
  return texts.join(' ').split(/\s+/).filter(Boolean).length;
}

/** The pieces of an answer that says it. */
export async function* performWords(
  call: ModelCall,
  behaviour: Behaviour,
): AsyncIterable<AnswerPiece> {
  const said: string[] = [];
  let reason = 'stop';
  if (behaviour.kind === 'say') {
    said.push(...[behaviour.text].flat());
    reason = behaviour.reason ?? reason;
    for (const text of said) yield { kind: 'text', text };
  } else if (behaviour.kind === 'trickle') {
    for (const [index, text] of behaviour.chunks.entries()) {
      await unlessLeft(behaviour.next(index), call.signal);
      said.push(text);
      yield { kind: 'text', text };
    }
  } else if (behaviour.kind === 'tools') {
    if (behaviour.text !== undefined) yield { kind: 'text', text: behaviour.text };
    yield { kind: 'tool_calls', calls: behaviour.calls };
  } else if (behaviour.kind === 'fail') {
    yield { kind: 'text', text: behaviour.text };
    throw new ModelError('failed', behaviour.error);
  } else if (behaviour.kind === 'unfinished') {
    yield { kind: 'text', text: behaviour.text };
    return;
  } else if (behaviour.kind === 'cut') {
    if (behaviour.afterCharacters > 0) {
      yield { kind: 'text', text: behaviour.text.slice(0, behaviour.afterCharacters) };
    }
    cutConnection(call);
  }
  yield {
    kind: 'end',
    reason,
    promptTokens: count([call.body.toString('utf8')]),
    answerTokens: count(said),
  };
}

/** Destroys the socket once what was written has left. */
function cutConnection({ response }: ModelCall): never {
  response.socket?.destroySoon();
  throw new ModelError('failed', 'the script cut the connection');
}

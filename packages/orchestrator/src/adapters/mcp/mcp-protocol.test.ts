import { describe, expect, it } from 'vitest';
import { type McpProtocol, lazyProtocol } from './mcp-protocol.ts';

/** A protocol that answers, and says what it was told to give up. */
function answering() {
  const givenUp: unknown[] = [];
  const protocol: McpProtocol = {
    fetch: async () => new Response('here'),
    giveUp: (session, requestId) => void givenUp.push([session, requestId]),
    close: async () => void givenUp.push('closed'),
  };
  return { protocol, givenUp };
}

const ask = (protocol: McpProtocol): Promise<string> =>
  protocol.fetch(new Request('http://gateway/')).then((answer) => answer.text());

describe('the protocol that the first request loads', () => {
  it.each([1, 2, 5])('is loaded again after it could not be %i times', async (failures) => {
    const { protocol, givenUp } = answering();
    let loads = 0;
    const lazy = lazyProtocol(async () => {
      loads += 1;
      if (loads <= failures) throw new Error(`no room: ${loads}`);
      return protocol;
    });
    for (let turn = 1; turn <= failures; turn += 1) {
      const asked = ask(lazy);
      // While it is being loaded, and in vain: nobody hears of it twice.
      lazy.giveUp('s', turn);
      await expect(asked).rejects.toThrow(`no room: ${turn}`);
      lazy.giveUp('s', turn);
      await lazy.close();
    }
    expect(await Promise.all([ask(lazy), ask(lazy)])).toEqual(['here', 'here']);
    expect(loads).toBe(failures + 1);
    lazy.giveUp('s', 7);
    await lazy.close();
    expect(givenUp).toEqual([['s', 7], 'closed']);
  });

  it('is not loaded to be closed, or to give something up', async () => {
    const lazy = lazyProtocol(() => Promise.reject(new Error('loaded')));
    lazy.giveUp('s', 1);
    await lazy.close();
  });
});

import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { AgentCaller } from '../../domain/mcp/agent-caller.ts';

/** What the door knows of a request beside its message. */
export interface McpRequestFacts {
  readonly caller: AgentCaller;
  readonly requestId: string;
  readonly ip: string;
  /** Within what ids of requests are told apart. */
  readonly session: string;
}

/** The protocol of both revisions, behind the door; calls under way can be waited for. */
export interface McpProtocol extends Pick<McpHttpHandler, 'fetch'> {
  /** Ends the wait for a call that its client gave up, where it runs in this process. */
  giveUp(session: string, requestId: string | number): void;
  /** Lets calls under way come to their rows, and ends what is open. */
  close(): Promise<void>;
}

/** Revisions with sessions, the latest first. */
export const sessionVersions: readonly string[] = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07',
];

/**
 * The protocol, loaded by the first request: most installs start without an agent, and the library takes 12 MB. A load
 * that failed is its request's fault to tell, and the next one tries again.
 */
export function lazyProtocol(load: () => Promise<McpProtocol>): McpProtocol {
  let loading: Promise<McpProtocol> | undefined;
  const protocol = (): Promise<McpProtocol> => {
    const begun = (loading ??= load());
    begun.catch(() => {
      if (loading === begun) loading = undefined;
    });
    return begun;
  };
  const loaded = (): Promise<McpProtocol | undefined> | undefined =>
    loading?.catch(() => undefined);
  return {
    fetch: async (request, options) => (await protocol()).fetch(request, options),
    giveUp: (session, requestId) => void loaded()?.then((it) => it?.giveUp(session, requestId)),
    close: async () => (await loaded())?.close(),
  };
}

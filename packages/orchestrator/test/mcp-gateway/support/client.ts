import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { TestMcpGateway } from './gateway.ts';

/** With what an agent comes. */
export interface AgentKey {
  readonly token: string;
  readonly contextId?: string | undefined;
}

/** Revisions of the protocol. */
export type Revision = '2025-11-25' | '2026-07-28';

/** The official client as an agent would use it. */
export async function connect(
  { url }: Pick<TestMcpGateway, 'url'>,
  { token, contextId }: AgentKey,
  revision: Revision = '2025-11-25',
): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    revision === '2026-07-28' ? { versionNegotiation: { mode: 'auto' } } : {},
  );
  const headers = {
    authorization: `Bearer ${token}`,
    ...(contextId !== undefined && { 'x-cynode-context-id': contextId }),
  };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }),
  );
  return client;
}

/** What a tool answered, in its envelope. */
export interface Envelope {
  readonly status: 'success' | 'error';
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly type: string; readonly message: string };
}

/** Calls a tool; both forms of the answer must be the same. */
export async function callTool(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<Envelope> {
  const { structuredContent, content, isError } = await client.callTool({ name, arguments: args });
  const envelope = structuredContent as Envelope;
  const [first] = content;
  if (first?.type !== 'text' || first.text !== JSON.stringify(envelope)) {
    throw new Error('text and structured content differ');
  }
  if ((isError === true) !== (envelope.status === 'error')) throw new Error('isError is wrong');
  return envelope;
}

/** The call that both sides of the lines about tools answer: JSON of a few hundred bytes there and back. */
export const echoName = 'bench.echo';

/** Text that is sent and comes back. */
export const echoed = 'x'.repeat(256);

const version = '2026-07-28';

/** One call of the stateless revision, as an official client sends it. */
export const echoHeaders: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': version,
  'mcp-method': 'tools/call',
  'mcp-name': echoName,
};

export const echoBody = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: echoName,
    arguments: { text: echoed },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    },
  },
});

/**
 * The smallest honest MCP server of the official library with the same tool, alone or with one INSERT a call
 * (`insert`). Its input is its life; it prints its port.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { Server, createMcpHandler } from '@modelcontextprotocol/server';
import pg from 'pg';
import { echoName } from './mcp-echo.ts';

const pool =
  process.argv[2] === 'insert'
    ? new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })
    : undefined;
await pool?.query('create table calls (id uuid primary key, tool text not null, at timestamptz)');

const handler = createMcpHandler(() => {
  const server = new Server({ name: 'bare', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/call', async ({ params }) => {
    const answer = { status: 'success', result: { text: params.arguments?.['text'] } };
    await pool?.query({
      name: 'call',
      text: 'insert into calls values ($1, $2, now())',
      values: [crypto.randomUUID(), echoName],
    });
    return {
      content: [{ type: 'text', text: JSON.stringify(answer) }],
      structuredContent: answer,
    };
  });
  return server;
});

const server = createServer((request, response) => {
  void (async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) {
      if (typeof value === 'string' && name !== 'content-length') headers.set(name, value);
    }
    const answer = await handler.fetch(
      new Request('http://bare/', { method: 'POST', headers, body: text }),
    );
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? '',
      'content-length': body.length,
    });
    response.end(body);
  })();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  server.close();
  server.closeAllConnections();
  void pool?.end();
});

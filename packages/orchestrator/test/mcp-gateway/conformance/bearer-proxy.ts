import { type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { once } from 'node:events';

/** A server on loopback that passes every request on with a token, as the proxy beside a sandbox does. */
export async function startBearerProxy(
  target: string,
  token: string,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const to = new URL(target);
  const server = createServer((incoming: IncomingMessage, answer: ServerResponse) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    const { method } = incoming;
    const onward = request({
      host: to.hostname,
      port: to.port,
      path: to.pathname,
      method,
      headers,
    });
    onward.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/v1/mcp`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

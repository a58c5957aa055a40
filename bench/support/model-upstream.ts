/**
 * A stand-in for a model service: `/api/generate` gives eight lines 5 ms apart, each with the time it was written at;
 * anything else is answered at once, after as much work as reading a request and writing its answer as JSON takes.
 * Prints its port; ends with its input.
 */
import { parseJson } from '@cynodeai/runtime/std';
import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import process from 'node:process';

const linesPerAnswer = 8;
const pauseMs = 5;

function stream(response: ServerResponse): void {
  let left = linesPerAnswer;
  const timer = setInterval(() => {
    response.write(`${JSON.stringify({ at: String(process.hrtime.bigint()) })}\n`);
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    response.end();
  }, pauseMs);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url === '/api/generate') {
      stream(response);
      return;
    }
    const asked: unknown = parseJson(Buffer.concat(chunks).toString('utf8'));
    const text = JSON.stringify({ model: 'bench', asked, done: true, created_at: new Date() });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
process.stdin.resume().on('end', () => process.exit(0));

/**
 * Load on one HTTP server, as bare as can be, so that the server is what is measured: for each line
 * `PORT CONNECTIONS kept|new MILLISECONDS` of its input it prints answers a second.
 */
import { demoModelRef } from '@cynodeai/contracts/model';
import { type Socket, connect } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';

const body = JSON.stringify({
  model: demoModelRef,
  stream: false,
  messages: [{ role: 'user', content: 'What is 6 times 7?' }],
});

const requestOf = (kept: boolean): string =>
  [
    'POST /api/chat HTTP/1.1',
    'host: localhost:11434',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(kept ? [] : ['connection: close']),
    '',
    body,
  ].join('\r\n');

/** Bytes of the answer at the start of the text; undefined while it is not whole. */
function answerLength(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`answered ${text.slice(0, 50)}`);
  if (/\r\ntransfer-encoding: chunked/i.test(text.slice(0, end))) {
    const last = text.indexOf('\r\n0\r\n\r\n', end);
    return last === -1 ? undefined : last + 7;
  }
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
  return text.length >= end + 4 + length ? end + 4 + length : undefined;
}

async function load(port: number, count: number, kept: boolean, ms: number): Promise<number> {
  const request = requestOf(kept);
  const { promise, reject, resolve } = Promise.withResolvers<number>();
  const sockets = new Set<Socket>();
  let answers = 0;
  const open = (): void => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    sockets.add(socket.setNoDelay(true).setEncoding('latin1'));
    let text = '';
    socket.on('data', (part: string) => {
      text += part;
      try {
        const length = answerLength(text);
        if (length === undefined) return;
        text = text.slice(length);
        answers += 1;
        if (kept) socket.write(request);
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => {
      sockets.delete(socket);
      if (!kept) open();
    });
  };
  const startedMs = performance.now();
  for (let i = 0; i < count; i += 1) open();
  setTimeout(() => resolve((answers * 1000) / (performance.now() - startedMs)), ms);
  try {
    return await promise;
  } finally {
    for (const socket of sockets)
      socket
        .removeAllListeners()
        .on('error', () => {})
        .destroy();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [port, count, mode, ms] = line.split(' ');
  try {
    process.stdout.write(
      `${await load(Number(port), Number(count), mode === 'kept', Number(ms))}\n`,
    );
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
  }
}

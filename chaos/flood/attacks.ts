import type { Random } from '../random.ts';

/** What a stranger sends on one connection, piece by piece, with pauses between. */
export interface Attack {
  readonly name: string;
  /** Pieces in order; a number is a pause, ms. */
  readonly pieces: () => Iterable<string | Buffer | number>;
}

const json = 'content-type: application/json\r\n';
const post = (path: string, headers: string, body = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${headers}\r\n${body}`;
const sized = (path: string, body: string, headers = json): string =>
  post(path, `${headers}content-length: ${Buffer.byteLength(body)}\r\n`, body);
const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${headers}\r\n`;

function* dripping(text: string, everyMs: number): Iterable<string | number> {
  for (const part of text) {
    yield part;
    yield everyMs;
  }
}

function* repeated(piece: string | Buffer, times: number): Iterable<string | Buffer> {
  for (let index = 0; index < times; index += 1) yield piece;
}

const word = (random: Random): string => Math.floor(random.next() * 1e9).toString(36);
const megabyte = Buffer.alloc(1024 * 1024, 'x');

/** Paths that take a body without a token, on either server. */
const open = ['/v1/auth/login', '/v1/auth/refresh', '/v1/auth/logout', '/v1/nodes/register'];
const any = [...open, '/v1/tasks', '/v1/users', '/v1/users/me', '/healthz', '/readyz', '/nothing'];

/** What is no request as a server expects it, or too much of one. */
function malformed(random: Random): readonly Attack[] {
  const openPath = (): string => random.pick(open);
  const path = (): string => random.pick(any);
  return [
    { name: 'a pipeline', pieces: () => [get('/healthz').repeat(1000)] },
    { name: 'many headers', pieces: () => [get(path(), 'x-a: b\r\n'.repeat(5000))] },
    { name: 'a long path', pieces: () => [get(`/${'a/'.repeat(30_000)}`)] },
    { name: 'other methods', pieces: () => [`BREW ${path()} HTTP/1.1\r\nhost: a\r\n\r\n`] },
    { name: 'a tunnel', pieces: () => ['CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', 5000] },
    {
      name: 'an upgrade',
      pieces: () => [get(path(), 'connection: upgrade\r\nupgrade: websocket\r\n'), 5000],
    },
    { name: 'another protocol', pieces: () => ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 1000] },
    {
      name: 'noise',
      pieces: () => [Buffer.from(Array.from({ length: 5000 }, () => random.between(0, 255)))],
    },
    {
      name: 'two lengths',
      pieces: () => [
        post(openPath(), `${json}content-length: 5\r\ncontent-length: 6\r\n`, 'aaaaaa'),
      ],
    },
  ];
}

/** Requests that are slow, huge or refused. */
function wellFormed(random: Random): readonly Attack[] {
  const openPath = (): string => random.pick(open);
  const path = (): string => random.pick(any);
  const login = (handle: string, password: string): string =>
    sized('/v1/auth/login', JSON.stringify({ handle, password }));
  return [
    { name: 'a head that drips', pieces: () => dripping(get(path(), 'x: y\r\n'.repeat(50)), 200) },
    {
      name: 'a body that drips',
      pieces: () =>
        dripping(post(openPath(), `${json}content-length: 4000\r\n`, '{'.repeat(400)), 200),
    },
    { name: 'nothing at all', pieces: () => [30_000] },
    {
      name: 'a body without end',
      pieces: () => [
        post(openPath(), `${json}content-length: 1000000000\r\n`),
        ...repeated(megabyte, 50),
      ],
    },
    {
      name: 'chunks without end',
      pieces: () => [
        post(openPath(), `${json}transfer-encoding: chunked\r\n`),
        ...repeated(`1\r\nx\r\n`.repeat(2000), 200),
      ],
    },
    {
      name: 'many keys',
      pieces: () => [
        sized(
          openPath(),
          `{${Array.from({ length: 2000 }, (_, index) => `"k${index}":1`).join(',')}}`,
        ),
      ],
    },
    { name: 'deep nesting', pieces: () => [sized(openPath(), '['.repeat(15_000))] },
    { name: 'broken text', pieces: () => [sized(openPath(), '{"handle":"\\ud800","password":')] },
    {
      name: 'parts with heads of blanks',
      pieces: () => [
        sized(
          '/v1/tasks',
          `--b\r\ncontent-disposition:${' '.repeat(4000)}form-data; name="x"\r\n\r\ny\r\n--b--\r\n`,
          'content-type: multipart/form-data; boundary=b\r\n',
        ),
      ],
    },
    {
      name: 'tokens that are none',
      pieces: () =>
        repeated(get(path(), `authorization: Bearer ${word(random).repeat(20)}\r\n`), 50),
    },
    { name: 'names nobody has', pieces: () => [login(word(random), word(random)), 50] },
    { name: 'one name, many words', pieces: () => [login('admin', word(random)), 50] },
    {
      name: 'nodes that are none',
      pieces: () => [
        sized('/v1/nodes/register', JSON.stringify({ psk: word(random), capability: {} })),
        50,
      ],
    },
  ];
}

/** Every kind of attack there is; `random` chooses paths, words and amounts. */
export function attacks(random: Random): readonly Attack[] {
  return [...wellFormed(random), ...malformed(random)];
}

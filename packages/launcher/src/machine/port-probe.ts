import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/** True when this process can listen on the loopback port right now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}

/** True when somebody accepts connections on the loopback port right now. */
export function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host: '127.0.0.1' });
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

const listening = '0A';

/** Inodes of the sockets that listen on a port, from the text of `/proc/net/tcp` or `tcp6`. */
export function listenersIn(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === listening)
    .map((fields) => fields[9] ?? '');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}

/** The sockets that listen on a port, as the kernel names them among open files. */
function listeningSockets(port: number): ReadonlySet<string> {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    listenersIn(read(path), port),
  );
  return new Set(inodes.map((inode) => `socket:[${inode}]`));
}

/** True when this very process listens on a port; false also without the right to see it. */
export function listensOn(pid: number, port: number): boolean {
  const wanted = listeningSockets(port);
  return openFiles(String(pid)).some((file) => wanted.has(file));
}

/** What of a command line is shown, characters. */
const shownChars = 80;

/** A process as a person knows it: its command line, its owner when that is another. */
function described(pid: string): string {
  const words = read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
  const command = words === '' ? read(`/proc/${pid}/comm`).trim() : words;
  const shown = command.length > shownChars ? `${command.slice(0, shownChars)}…` : command;
  const uid = /^Uid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1];
  const row = read('/etc/passwd')
    .split('\n')
    .find((line) => line.split(':')[2] === uid);
  return `process ${pid} (${shown}) of user ${row?.split(':')[0] ?? uid ?? 'unknown'}`;
}

/** Who listens on a port, as `process 123 (nginx -g …) of user root`; without the right to see it, `a process of another user`. */
export function portHolder(port: number): string {
  const wanted = listeningSockets(port);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((candidate) => openFiles(candidate).some((file) => wanted.has(file)));
  return pid === undefined ? 'a process of another user' : described(pid);
}

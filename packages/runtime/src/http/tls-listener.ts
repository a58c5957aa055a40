import { X509Certificate, createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type SecureContextOptions, type Server as TlsServer, createServer } from 'node:tls';
import type { ListenAddress } from '../config/fields.ts';
import { messageOf } from '../std/index.ts';
import { type AddressLimit, limitAddresses } from './address-limit.ts';

/** A certificate with what leads to its authority, and its key, both PEM; one file may hold both. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface TlsListenerOptions extends AddressLimit {
  readonly files: TlsFiles;
  /** How often the files are looked at, ms; 2 s unless told. */
  readonly lookMs?: number;
}

export interface TlsListener {
  /** The port in use. */
  readonly port: number;
  /** Stops accepting; resolves when the last connection has ended. */
  close(): Promise<void>;
}

/** A stranger who opens a connection and says nothing is gone after this, ms. */
const handshakeMs = 10_000;
const defaultLookMs = 2000;

/** @throws Error when the files cannot be read or do not belong together */
async function readContext({ certificateFile, keyFile }: TlsFiles): Promise<SecureContextOptions> {
  const [cert, key] = await Promise.all([
    readFile(certificateFile, 'utf8'),
    readFile(keyFile, 'utf8'),
  ]);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`${keyFile} is not the key of ${certificateFile}`);
  }
  return { cert, key, minVersion: 'TLSv1.2' };
}

async function stampOf({ certificateFile, keyFile }: TlsFiles): Promise<string> {
  const stats = await Promise.all([stat(certificateFile), stat(keyFile)]);
  return stats.map(({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`).join();
}

/** Connections that have not come to an agreement yet, which no limit of HTTP knows of. */
function pendingSockets(listener: TlsServer): ReadonlyMap<string, Socket> {
  const pending = new Map<string, Socket>();
  const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  listener.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    pending.set(key, socket);
    socket.once('close', () => {
      if (pending.get(key) === socket) pending.delete(key);
    });
  });
  listener.on('secureConnection', (socket) => pending.delete(keyOf(socket)));
  return pending;
}

/**
 * Serves the same requests as a plain server behind TLS, at an address of its own. Files that are replaced are used for
 * new connections within seconds; those there are go on, and a pair that does not belong together is not taken.
 * See docs/reference/machines.md#certificates.
 * @throws Error when the files are unusable or the address is taken
 */
export async function openTlsListener(
  server: Server,
  address: ListenAddress,
  options: TlsListenerOptions,
): Promise<TlsListener> {
  const { files, log } = options;
  let stamp = await stampOf(files);
  const listener = createServer({
    ...(await readContext(files)),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: handshakeMs,
  });
  limitAddresses(listener, options);
  const strangers = pendingSockets(listener);
  // As Node's own HTTPS server does; every bound of the plain one holds here too.
  listener.on('secureConnection', (socket) => server.emit('connection', socket));
  // Strangers, and clients that do not know the authority; `secureConnection` never comes for them.
  listener.on('tlsClientError', (_error, socket) => socket.destroy());
  let told = '';
  const look = async (): Promise<void> => {
    try {
      const now = await stampOf(files);
      if (now === stamp) return;
      told = '';
      stamp = now;
      const context = await readContext(files);
      listener.setSecureContext(context);
      log.info('the certificate was replaced', { valid_to: validTo(context) });
    } catch (error) {
      const reason = messageOf(error);
      // Once, and not at each look.
      if (reason === told) return;
      told = reason;
      log.warn('the certificate cannot be replaced yet', { reason });
    }
  };
  listener.listen({ host: address.host, port: address.port });
  await once(listener, 'listening');
  const timer = setInterval(() => void look(), options.lookMs ?? defaultLookMs);
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      clearInterval(timer);
      for (const socket of strangers.values()) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

function validTo({ cert }: SecureContextOptions): string {
  return typeof cert === 'string' ? new X509Certificate(cert).validToDate.toISOString() : '';
}

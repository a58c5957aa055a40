import { ConfigError, type ListenAddress } from '@cynodeai/runtime/config';
import type { HttpServer, TlsFiles } from '@cynodeai/runtime/http';
import type { Log } from '@cynodeai/runtime/observe';

/** A further door of a role, behind TLS. */
export interface TlsDoor extends TlsFiles {
  readonly address: ListenAddress;
}

/** The door that variables ask for; undefined when none does. @throws ConfigError without a certificate */
export function tlsDoorOf(
  address: ListenAddress | undefined,
  files: {
    readonly TLS_CERT_FILE?: string | undefined;
    readonly TLS_KEY_FILE?: string | undefined;
  },
): TlsDoor | undefined {
  if (address === undefined) return undefined;
  const { TLS_CERT_FILE: certificateFile, TLS_KEY_FILE: keyFile = certificateFile } = files;
  if (certificateFile !== undefined && keyFile !== undefined) {
    return { address, certificateFile, keyFile };
  }
  throw new ConfigError('an address behind TLS needs TLS_CERT_FILE, and TLS_KEY_FILE');
}

/** Opens a server's further door, where it has one. */
export async function listenTls(
  server: HttpServer,
  door: TlsDoor | undefined,
  log: Log,
): Promise<void> {
  if (door === undefined) return;
  const port = await server.listenTls(door.address, door);
  log.info('serves behind TLS', { host: door.address.host, port });
}

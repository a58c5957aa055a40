import { type Server, createServer } from 'node:net';

/** Ports that no other install takes as long as this process lives or until they are let go. */
export interface PortClaim extends AsyncDisposable {
  release(): Promise<void>;
}

/**
 * A name of the kernel's own, without a file: seen by every user of the machine, in the same network namespace as the
 * port, and gone with the process that has it, however that ends.
 */
const nameOf = (port: number): string => `\0cynode/port/${port}`;

function listen(port: number): Promise<Server | undefined> {
  const { promise, resolve } = Promise.withResolvers<Server | undefined>();
  const server = createServer((socket) => socket.destroy());
  server.once('error', () => resolve(undefined));
  server.listen(nameOf(port), () => resolve(server.unref()));
  return promise;
}

/**
 * Claims all of these ports before anybody looks whether they are free, so that two installs that start at once never
 * choose the same; undefined when another has claimed one of them.
 */
export async function claimPorts(ports: readonly number[]): Promise<PortClaim | undefined> {
  const servers: Server[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(
      servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
    );
  };
  // In one order: of two that want the same ports one gets all.
  for (const port of ports.toSorted((a, b) => a - b)) {
    const server = await listen(port);
    if (server === undefined) {
      await release();
      return undefined;
    }
    servers.push(server);
  }
  return { release, [Symbol.asyncDispose]: release };
}

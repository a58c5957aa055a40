import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';

/** Of `localhost` and 127.0.0.1, signed by itself, until 2120; it guards nothing but tests. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBaDCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMIyyHnlWrLSRvti
ELHd+Aj0cvtIsJBJ7MV9YUBbnaBXDTP+nXR0W9SSn1Ct0Ef+eIvmR1d3m9aK9d3I
UZr0QC2jTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBRwi/qrKi6DJ+2jyGC17OYvLNTlaTAKBggqhkjOPQQD
AgNJADBGAiEAtwRXcW9PBJi+vyglB3zyETp5XwUprXdyX0hs+0VyBVcCIQDCc5rN
btHdH+6kZHreIxDkeJqhclyk5bmXjxWXXLs9Rw==
-----END CERTIFICATE-----`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYRChgESZEskBRyEd
u/AfU6hTu8sDuJtbav2fOcPhnU6hRANCAATCMsh55Vqy0kb7YhCx3fgI9HL7SLCQ
SezFfWFAW52gVw0z/p10dFvUkp9QrdBH/niL5kdXd5vWivXdyFGa9EAt
-----END PRIVATE KEY-----`;

/** A service behind TLS, as a reverse proxy puts it there, under a certificate that nobody knows by itself. */
export interface TlsFront extends AsyncDisposable {
  /** https, without a slash at its end. */
  readonly url: string;
  /** The certificate, for `NODE_EXTRA_CA_CERTS` of a process that is to trust it. */
  readonly certificatePath: string;
}

async function close(
  server: ReturnType<typeof createServer>,
  directory: TemporaryDirectory,
): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  await directory.remove();
}

/** Puts TLS in front of a service. @param url of the service, http */
export async function tlsFront(url: string): Promise<TlsFront> {
  const directory = await temporaryDirectory();
  const certificatePath = join(directory.path, 'certificate.pem');
  writeFileSync(certificatePath, certificate);
  const server = createServer({ key, cert: certificate }, (incoming, outgoing) => {
    const { method, headers, url: path = '/' } = incoming;
    const behind = request(new URL(path, url), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing, () => {});
    });
    pipeline(incoming, behind, () => {});
    behind.on('error', () => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificatePath,
    [Symbol.asyncDispose]: () => close(server, directory),
  };
}

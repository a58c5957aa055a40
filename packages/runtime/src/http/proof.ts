import { proofRoute } from '@cynodeai/contracts/common';
import type { FastifyRequest } from 'fastify';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Secret } from '../config/secret.ts';
import { serviceProof } from '../crypto/service-proof.ts';
import { bindRoute } from './bind-route.ts';
import { ProblemError } from './problem-error.ts';
import type { HttpServer } from './server.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** True for addresses that only this machine has, also in the form IPv6 gives those of IPv4. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Lets callers of this machine in, and answers the port of their connection's own end. @throws ProblemError `not_found`
 * for every other one, who is told of no such path
 */
export function requireSameMachine({ socket }: Pick<FastifyRequest, 'socket'>): number {
  const { remoteAddress = '', localPort: port } = socket;
  if (!isLoopback(remoteAddress) || port === undefined)
    throw new ProblemError('not_found', 'no such path');
  return port;
}

/** Serves the proof of whose server this is, where it has a key. See docs/reference/processes.md#proof. */
export function bindProofRoute(server: HttpServer, key: Secret | undefined): void {
  if (key === undefined) return;
  bindRoute(server, proofRoute, {
    guard: requireSameMachine,
    handle: ({ caller: port, query: { nonce } }) => ({
      status: 200,
      body: { proof: serviceProof(key, { port, nonce }) },
    }),
  });
}

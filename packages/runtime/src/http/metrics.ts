import { healthRoutes } from '@cynodeai/contracts/common';
import type { FastifyRequest } from 'fastify';
import { type Collector, metricsText, processMetrics } from '../observe/index.ts';
import { bindRoute } from './bind-route.ts';
import { ProblemError } from './problem-error.ts';
import { requireSameMachine } from './proof.ts';
import type { HttpServer } from './server.ts';

const contentType = 'text/plain; version=0.0.4; charset=utf-8';
/** What a proxy on this machine says when it asks for somebody who may be anywhere. */
const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Programs of this machine are let in. Whoever else asks is told of no such path. */
function requireScraper(request: FastifyRequest): void {
  requireSameMachine(request);
  if (forwardingHeaders.some((name) => request.headers[name] !== undefined))
    throw new ProblemError('not_found', 'no such path');
}

/**
 * `GET /metrics` in the text form of Prometheus: requests and process of every role, and what `collectors` find. One
 * that fails leaves out its families and is told as such. See docs/reference/processes.md#metrics.
 */
export function bindMetrics(server: HttpServer, collectors: readonly Collector[]): void {
  bindRoute(server, healthRoutes.metrics, {
    guard: requireScraper,
    handle: async () => {
      const found = await Promise.allSettled(collectors.map(async (collect) => collect()));
      const failed = found.filter(({ status }) => status === 'rejected').length;
      const families = [
        ...server.requests.families(),
        ...processMetrics(),
        ...found.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])),
        {
          name: 'cynode_metrics_failed',
          help: 'Parts of this answer that could not be had, such as while the database is away',
          type: 'gauge',
          samples: [{ value: failed }],
        } as const,
      ];
      return {
        status: 200,
        body: metricsText(families),
        headers: { 'content-type': contentType },
      };
    },
  });
}

import { GatewayError } from '@cynodeai/api-client';
import { healthRoutes } from '@cynodeai/contracts/common';
import type { CommandContext } from '../context.ts';

const limitMs = 5000;

/**
 * `cynork status`: healthy when `/healthz` answers 200 with `ok`; anything else is exit 7.
 * See docs/reference/cli.md#log-in-and-out.
 */
export async function status({
  anonymous,
  output,
  settings,
}: Pick<CommandContext, 'anonymous' | 'output' | 'settings'>): Promise<void> {
  const client = await anonymous();
  const text = await client
    .call(healthRoutes.healthz, { timeoutMs: limitMs })
    .catch((error: unknown) => {
      if (!(error instanceof GatewayError)) throw error;
      const { status: httpStatus, requestId } = error;
      throw new GatewayError('gateway', error.message, {
        cause: error,
        ...(httpStatus !== undefined && { status: httpStatus }),
        ...(requestId !== undefined && { requestId }),
      });
    });
  if (!text.includes('ok')) {
    throw new GatewayError(
      'gateway',
      `what answers at ${settings.target().url} is not a healthy gateway`,
    );
  }
  if (output.format === 'table') await output.text('ok\n');
  else await output.print({ records: [], json: { gateway: 'ok' } });
}
